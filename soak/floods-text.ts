import type { Attack } from '../test/support/floods/attack.ts'
import type { FloodPhase, FloodResult } from '../test/support/floods/flood-run.ts'
import { circumstances } from './machine.ts'

export interface FloodRow {
  readonly attack: Attack
  /** The test that makes the same attack. */
  readonly test: string
  /** Or why it could not be run. */
  readonly result: FloodResult | string
}

const BEGIN = '<!-- floods: made by `npm run floods` -->'
const END = '<!-- /floods -->'

const HEAD = `| attack: what is sent | sent in all | what became of its connections | RSS, MiB | loop, ms | client: p99 ms, failed of calls | test |
|---|---|---|---|---|---|---|`

/** The table, for SECURITY.md. */
export function floodsText(rows: readonly FloodRow[], seconds: number): string {
  const lines = rows.map((row) => `| ${cellsOf(row).join(' | ')} |`)
  return (
    `${circumstances()}; ${seconds} s each. RSS, event-loop delay (the worst p99 of some 300 ms) and the client's p99: ` +
    `before / during / after.\n\n${[HEAD, ...lines].join('\n')}`
  )
}

/** The page with its table replaced. Throws when the place for it is gone. */
export function withFloods(page: string, text: string): string {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END, begin)
  if (begin < 0 || end < begin) throw new Error('SECURITY.md has lost the place of the floods')
  return `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`
}

/** What an attack achieved that it should not have; empty: nothing. */
export function achieved({ attack, result }: FloodRow): readonly string[] {
  if (typeof result === 'string') return [result]
  const failed = result.during.failed + result.after.failed
  const stayed = attack.cutFor !== undefined && !attack.mayStay && result.refused[attack.cutFor] === undefined
  return [
    ...(failed > 0 ? [`${failed} calls of others failed`] : []),
    ...(stayed ? ['its connections were not cut'] : []),
  ]
}

function cellsOf({ attack, test, result }: FloodRow): readonly string[] {
  const name = `\`${attack.name}\`: ${attack.what}`
  if (typeof result === 'string') return [name, '', `**not run: ${result}**`, '', '', '', test]
  const { before, during, after } = result
  const three = (of: (phase: FloodPhase) => number) =>
    [before, during, after].map((phase) => Math.round(of(phase))).join(' / ')
  const calls = `${during.failed + after.failed} of ${during.calls + after.calls}`
  return [
    name,
    sentOf(result),
    fateOf(result),
    three(({ rssMib }) => rssMib),
    three(({ loopMs }) => loopMs),
    `${three(({ p99Ms }) => p99Ms)}, ${calls}`,
    test,
  ]
}

const sentOf = ({ attack: { sent, bytes, opened } }: FloodResult): string =>
  `${sent === 0 ? opened : sent} (${(bytes / 1e6).toFixed(1)} MB)`

function fateOf({ attack: { opened, closed, most }, refused }: FloodResult): string {
  const reasons = Object.entries(refused).map(([reason, count]) => `${count} × \`${reason}\``)
  const held = `${opened} opened, ${closed} closed, ${most} at a time at most`
  return reasons.length === 0 ? held : `${reasons.join(', ')}; ${held}`
}
