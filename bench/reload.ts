/**
 * `npm run bench:reload`: what new rules cost a program that runs. The longest turn of its event loop, which is how long a hook call may
 * wait, and how long it takes until they are in force, compiled at once as at the start, and aside as at a reload. Medians; no Kafka,
 * no network; ends by itself. Options: --rounds 9
 */
import { parseArgs } from 'node:util'
import { loadConfig } from '../src/config/load-config.ts'
import { compileFittedRules, compileFittedRulesAside } from '../src/reload/load-fitted-rules.ts'
import { median } from './measure/statistics.ts'
import { ruleFile } from './rule-load.ts'
import { createTurnMeter } from './turn-meter.ts'

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })
const ROUNDS = Number(options.rounds)
const config = loadConfig({ argv: [], env: {}, readFile: () => '' })
const { signal } = new AbortController()

console.log('The longest turn while new rules are compiled, in ms: of CPU of its thread, and by the clock\n')
console.log('| rules | KiB | at once: CPU | clock | aside: CPU | clock | aside: in force after, clock |')
console.log('|---|---|---|---|---|---|---|')
for (const count of [10, 100, 1_000]) {
  const bytes = Buffer.from(ruleFile(count))
  const atOnce: Measured[] = []
  const aside: Measured[] = []
  for (let round = 0; round < ROUNDS; round++) {
    atOnce.push(await measure(async () => void compileFittedRules(() => bytes, config)))
    aside.push(await measure(() => compileFittedRulesAside(() => bytes, config, signal)))
  }
  const cells = [
    ...[count, Math.round(bytes.length / 1024)],
    ...[middle(atOnce, 'cpuMs'), middle(atOnce, 'clockMs')],
    ...[middle(aside, 'cpuMs'), middle(aside, 'clockMs'), middle(aside, 'allMs')],
  ]
  console.log(`| ${cells.join(' | ')} |`)
}

interface Measured {
  readonly cpuMs: number
  readonly clockMs: number
  readonly allMs: number
}

async function measure(work: () => Promise<unknown>): Promise<Measured> {
  const meter = await createTurnMeter()
  const begin = performance.now()
  await work()
  const allMs = performance.now() - begin
  return { ...(await meter.stop()), allMs }
}

function middle(all: readonly Measured[], what: keyof Measured): string {
  return median(all.map((one) => one[what])).toFixed(1)
}
