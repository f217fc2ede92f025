/**
 * `npm run floods`: every flood of test/exhook/floods, for five seconds each, against a provider of its own, while an
 * EMQX-like client goes on calling it. Writes the table into SECURITY.md when all were run; exit code 1 when one of them
 * achieved something. Ends by itself. Options: --seconds 5 --attack ping (as often as wanted) --transport lean (prints the table only)
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Attack } from '../test/support/floods/attack.ts'
import { CONNECTION_ATTACKS } from '../test/support/floods/connection-attacks.ts'
import { flood } from '../test/support/floods/flood-run.ts'
import { FRAME_ATTACKS } from '../test/support/floods/frame-attacks.ts'
import { STREAM_ATTACKS } from '../test/support/floods/stream-attacks.ts'
import { startProvider } from '../test/support/provider.ts'
import { type ClearAway, clearAwayOnSignal, createClearAway } from './clear-away.ts'
import { achieved, type FloodRow, floodsText, withFloods } from './floods-text.ts'

const PAGE = new URL('../SECURITY.md', import.meta.url)
/** Without Kafka: nothing but the gRPC port is looked at. */
const RULES = 'rules:\n  - hook: message.publish\n    filter: fleet/#\n    topic: fleet\n'
const FAMILIES = [
  ['frame-floods', FRAME_ATTACKS],
  ['stream-floods', STREAM_ATTACKS],
  ['connection-floods', CONNECTION_ATTACKS],
] as const

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    attack: { type: 'string', multiple: true },
    transport: { type: 'string', default: 'grpc-js' },
  },
})
const seconds = Number(options.seconds)
process.exitCode = await main()

async function main(): Promise<number> {
  const clearAway = createClearAway()
  clearAwayOnSignal(clearAway)
  const folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-floods-'))
  clearAway.later(async () => rmSync(folder, { recursive: true, force: true }))
  const rules = join(folder, 'rules.yaml')
  writeFileSync(rules, RULES)
  const rows: FloodRow[] = []
  for (const [test, attacks] of FAMILIES) {
    for (const attack of attacks) {
      if (options.attack !== undefined && !options.attack.includes(attack.name)) continue
      const row = { attack, test: `\`${test}\``, result: await run(attack, rules, clearAway) }
      rows.push(row)
      console.log(`${attack.name}: ${achieved(row).join('; ') || 'nothing achieved'}`)
    }
  }
  await clearAway.now()
  const text = floodsText(rows, seconds)
  console.log(text)
  if (options.attack === undefined && options.transport === 'grpc-js')
    writeFileSync(PAGE, withFloods(readFileSync(PAGE, 'utf8'), text))
  return rows.some((row) => achieved(row).length > 0) ? 1 : 0
}

async function run(attack: Attack, rules: string, clearAway: ClearAway): Promise<FloodRow['result']> {
  try {
    const provider = await startProvider([
      ...[`--rules=${rules}`, '--kafka-brokers=127.0.0.1:1'],
      `--grpc-transport=${options.transport}`,
    ])
    const end = async () => {
      provider.signal('SIGKILL')
      await provider.ended
    }
    clearAway.later(end)
    const times = {
      beforeMs: 1000,
      attackMs: Math.max(seconds * 1000, attack.longMs ?? 0),
      mostMs: 30_000,
      restMs: 2000,
    }
    const result = await flood(provider, attack, times)
    await end()
    return result
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
