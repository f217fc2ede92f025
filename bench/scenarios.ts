import type { HookMix } from './load/hook-calls.ts'
import type { SubjectName } from './subjects.ts'

/** A load, and who meets it. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly clients: number
  /** Calls a second; 0 for a closed loop. */
  readonly rate: number
  readonly mix: HookMix
  readonly subjects: readonly SubjectName[]
  /** Part of a quick run. */
  readonly quick: boolean
}

const PUBLISH = { mix: 'publish', quick: true } as const
const MAIN = ['lean/platformatic', 'grpc-js/kafkajs', 'bare grpc-js', 'bare grpc-go'] as const

/** The tutorials' server is not asked for more than it can do: an open loop would only measure its backlog. */
export const SCENARIOS: readonly Scenario[] = [
  {
    ...PUBLISH,
    name: 'closed-128',
    title: 'Closed loop, 128 clients (8 × 16)',
    clients: 128,
    rate: 0,
    subjects: [
      ...['lean/platformatic', 'lean/kafkajs', 'grpc-js/platformatic', 'grpc-js/kafkajs'],
      ...['lean/unmatched', 'grpc-js/unmatched', 'bare grpc-js', 'bare grpc-go', 'tutorial'],
    ] as SubjectName[],
  },
  {
    ...{ ...PUBLISH, quick: false },
    name: 'closed-1024',
    title: 'Closed loop, 1,024 clients',
    clients: 1024,
    rate: 0,
    subjects: MAIN,
  },
  {
    ...{ clients: 128, rate: 0, mix: 'mix', quick: false },
    name: 'closed-mix',
    title: 'Closed loop, 128 clients, publish, delivered, acked, connected and disconnected',
    subjects: ['lean/platformatic', 'grpc-js/kafkajs'],
  },
  {
    ...{ ...PUBLISH, quick: false },
    name: 'open-2000',
    title: 'Open loop, 2,000 calls/s, 1,024 clients',
    clients: 1024,
    rate: 2000,
    subjects: [...MAIN, 'tutorial'],
  },
  {
    ...PUBLISH,
    name: 'open-5000',
    title: 'Open loop, 5,000 calls/s, 1,024 clients',
    clients: 1024,
    rate: 5000,
    subjects: MAIN,
  },
  {
    ...{ ...PUBLISH, quick: false },
    name: 'open-10000',
    title: 'Open loop, 10,000 calls/s, 1,024 clients',
    clients: 1024,
    rate: 10_000,
    subjects: ['lean/platformatic', 'grpc-js/kafkajs', 'bare grpc-go'],
  },
]

/** Picks what a run does: `only` are words, of which a scenario's or a subject's name must hold one; those of one kind are alternatives. */
export function chosen(only: readonly string[], quick: boolean): readonly Scenario[] {
  const scenarioWords = only.filter((word) => SCENARIOS.some(({ name }) => name.includes(word)))
  const subjectWords = only.filter((word) =>
    SCENARIOS.some(({ subjects }) => subjects.some((s) => s.includes(word))),
  )
  const unknown = only.filter((word) => !scenarioWords.includes(word) && !subjectWords.includes(word))
  if (unknown.length > 0) throw new Error(`--only: nothing is named like ${unknown.join(', ')}`)
  const fits = (name: string, words: readonly string[]) =>
    words.length === 0 || words.some((word) => name.includes(word))
  return SCENARIOS.filter(({ quick: inQuick }) => inQuick || !quick)
    .filter(({ name }) => fits(name, scenarioWords))
    .map((scenario) => ({
      ...scenario,
      subjects: scenario.subjects.filter((name) => fits(name, subjectWords)),
    }))
    .filter(({ subjects }) => subjects.length > 0)
}
