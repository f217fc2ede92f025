/**
 * `npm run bench:profile`: where the CPU time of this server goes under the closed loop of `npm run bench`, for each transport:
 * bench/PROFILE.md, with a flame graph beside it. V8's sampling profiler, every 0.5 ms. Ends by itself. Options:
 *   --transport lean,grpc-js --driver platformatic --seconds 4 --warm-up 4 --keep <folder for the .cpuprofile files>
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { circumstances } from '../soak/machine.ts'
import type { KafkaDriverName } from '../src/config/config.ts'
import { startKafka } from '../test/support/kafka/kafka-server.ts'
import { loadProgram } from './load/run-load.ts'
import { runPhase } from './measure/run-phase.ts'
import { type CpuProfile, callTree } from './profile/cpu-profile.ts'
import { flameGraph } from './profile/flame-graph.ts'
import { type Profiled, profileText } from './profile/profile-text.ts'
import { MATCHED, type Subject, startOurs } from './subjects.ts'

const { values: options } = parseArgs({
  options: {
    transport: { type: 'string', default: 'lean,grpc-js' },
    driver: { type: 'string', default: 'platformatic' },
    seconds: { type: 'string', default: '4' },
    'warm-up': { type: 'string', default: '4' },
    keep: { type: 'string' },
  },
})
const TOPIC = 'bench'
const driver = options.driver as KafkaDriverName
const transports = options.transport.split(',') as ('lean' | 'grpc-js')[]
const CLOSED = { clients: 128, rate: 0, mix: 'publish' } as const

const program = await loadProgram()
const folder = await mkdtemp(join(tmpdir(), 'exhook-kafka-bench-'))
console.log('starting Kafka …')
const kafka = await startKafka({ topics: { [TOPIC]: 6 }, jvmFlags: [] })
const profiles: Profiled[] = []
try {
  for (const transport of transports) profiles.push(await profile(transport))
} finally {
  await kafka.stop()
  await rm(folder, { recursive: true, force: true })
}
const text = profiles.map(profileText).join('\n\n')
console.log(`\n${text}`)
await writeFile(
  'bench/PROFILE.md',
  `# Where the time goes\n\nMade by \`npm run bench:profile\`; do not edit. ${circumstances()}.\n\nClosed loop, 128 clients, every event goes to a real Kafka. A function's self time is its own, without what it calls; Node's own functions and
native ones count for the group of whoever called them.\n\n${text}\n`,
)

async function profile(transport: 'lean' | 'grpc-js'): Promise<Profiled> {
  const server = await startOurs({ transport, driver, bootstrap: kafka.bootstrap, folder, topic: TOPIC })
  try {
    const profileTo = join(options.keep ?? folder, `${transport}.cpuprofile`)
    const subject: Subject = {
      name: `${transport}/${driver}`,
      server,
      topicPrefix: MATCHED,
      kafkaTopic: TOPIC,
    }
    const phase = async (prefix: string, warmUpMs: number, more: object) => {
      const times = { warmUpMs, measureMs: Number(options.seconds) * 1000 }
      const measured = await runPhase(program, subject, CLOSED, { ...times, version: 'v2', prefix, ...more })
      if (measured.failure !== null) throw new Error(`${transport}: ${measured.failure}`)
      return measured
    }
    // The profiler costs more than what it looks at: what an event takes is measured without it, and before it.
    const { cpuMicroseconds, eventsPerSecond } = await phase('p1-', Number(options['warm-up']) * 1000, {})
    console.log(`${transport}: ${Math.round(eventsPerSecond)} events/s, ${cpuMicroseconds.toFixed(1)} µs`)
    await phase('p2-', 0, { profileTo })
    const tree = callTree(JSON.parse(await readFile(profileTo, 'utf8')) as CpuProfile)
    const title = `exhook-kafka, ${transport}, ${driver}`
    const picture = `flame-${transport}.svg`
    await writeFile(join('bench', picture), flameGraph(tree, title))
    return { title, picture, tree, cpuMicroseconds }
  } finally {
    await server.stop()
  }
}
