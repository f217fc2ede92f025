/**
 * `npm run bench:tls`: what TLS costs a hook call, and what the stream costs that is between TLS and HTTP/2, beside the
 * same server without. Servers that only answer, in one interleaved run; no Kafka. Ends by itself.
 * Options: --rounds 15 --seconds 1
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createAuthority } from '../test/support/certificates.ts'
import { runHttp2Load } from './load/http2-load.ts'
import { treeCpuMicroseconds } from './measure/process-tree.ts'
import { type ServerProcess, startNodeServer } from './measure/server-process.ts'
import { median } from './measure/statistics.ts'

const LOADS = [
  { name: '8 connections × 16 calls', connections: 8, callsPerConnection: 16 },
  { name: '8 connections × 1 call', connections: 8, callsPerConnection: 1 },
] as const
const WAYS = ['plain', 'direct', 'ordered'] as const
type Way = (typeof WAYS)[number]

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, seconds: { type: 'string', default: '1' } },
})

const folder = await mkdtemp(join(tmpdir(), 'exhook-kafka-bench-'))
const servers = new Map<Way, ServerProcess>()
try {
  const authority = await createAuthority(folder, 'bench')
  const { certFile, keyFile } = await authority.issue('server', { dns: ['localhost'], ip: ['127.0.0.1'] })
  for (const way of WAYS) {
    const args = ['bench/bare-tls-server.ts', way, certFile, keyFile]
    servers.set(way, await startNodeServer(args))
  }
  for (const load of LOADS) {
    const costs: Record<Way, number[]> = { plain: [], direct: [], ordered: [] }
    // Compiled code first.
    for (const way of WAYS) await measure(way, load, 3000)
    for (let round = 0; round < Number(options.rounds); round++) {
      for (let i = 0; i < WAYS.length; i++) {
        const way = WAYS[(i + round) % WAYS.length] as Way
        costs[way].push(await measure(way, load, Number(options.seconds) * 1000))
      }
    }
    report(load.name, costs)
  }
} finally {
  await Promise.all([...servers.values()].map((server) => server.stop()))
  await rm(folder, { recursive: true, force: true })
}

async function measure(way: Way, load: (typeof LOADS)[number], measureMs: number): Promise<number> {
  const server = servers.get(way) as ServerProcess
  let cpu = 0
  const result = await runHttp2Load({
    port: server.port,
    secure: way !== 'plain',
    ...load,
    warmUpMs: 300,
    measureMs,
    onPhase: (phase) => {
      const now = treeCpuMicroseconds(server.pid)
      cpu = phase === 'begin' ? now : now - cpu
    },
  })
  if (result.failed > 0) throw new Error(`${way}: ${result.failed} calls failed`)
  return cpu / result.measured
}

/** The least of the rounds: what else the machine does only adds to it. */
function report(name: string, costs: Readonly<Record<Way, readonly number[]>>): void {
  const least = (way: Way) => Math.min(...costs[way])
  console.log(
    `\n${name}, least and median of ${options.rounds} rounds, Node ${process.version}, ${cpus().length} cores`,
  )
  console.log('\n| connection | least CPU µs/call | × plain | × direct | median |\n|---|---|---|---|---|')
  for (const way of WAYS) {
    const ratio = (to: Way) => (least(way) / least(to)).toFixed(2)
    const cells = [way, least(way).toFixed(1), ratio('plain'), ratio('direct'), median(costs[way]).toFixed(1)]
    console.log(`| ${cells.join(' | ')} |`)
  }
}
