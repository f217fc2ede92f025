import type { HookPoint } from '../hooks.ts'
import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import {
  DECISIONS,
  DEFAULT_POLICY,
  type OnTimeout,
  type Overflow,
  type Policy,
  type Priority,
  REJECTABLE,
  type Reply,
} from './policy.ts'
import type { YamlFile } from './yaml-file.ts'
import { type Entry, readText } from './yaml-map.ts'

/** The keys of a rule that make its policy. */
export const POLICY_KEYS = ['reply', 'on_timeout', 'overflow', 'priority'] as const

export const REPLIES: readonly Reply[] = ['queued', 'stored', 'delivered']
export const ON_TIMEOUTS: readonly OnTimeout[] = ['accept', 'reject']
export const OVERFLOWS: readonly Overflow[] = ['wait', 'drop-newest', 'drop-oldest', 'reject']
export const PRIORITIES: readonly Priority[] = ['low', 'normal', 'high']

/** Reads the policy of a rule; notes each value that there is not, and each that means nothing for these hooks. */
export function readPolicy(
  file: YamlFile,
  entries: ReadonlyMap<string, Entry>,
  hooks: readonly HookPoint[],
): Policy {
  const choose = <T extends string>(
    key: string,
    choices: readonly T[],
    problemOf: (choice: T) => string | null,
  ) => {
    const entry = entries.get(key)
    return entry === undefined ? null : readChoice(file, entry, choices, problemOf)
  }
  const notRejectable = hooks.filter((hook) => !REJECTABLE.has(hook))
  const decisions = hooks.filter((hook) => DECISIONS.has(hook))
  const rejectProblem = (choice: string) =>
    choice === 'reject' && notRejectable.length > 0
      ? `nothing can be rejected on ${notRejectable.join(', ')}, only on ${[...REJECTABLE].join(', ')}`
      : null

  const reply = choose('reply', REPLIES, (choice) =>
    choice !== 'queued' && decisions.length > 0
      ? `a client would wait for ${choice === 'stored' ? 'the disk' : 'Kafka'} at ${decisions.join(', ')}: give it a rule with \`reply: queued\``
      : null,
  )
  const overflow = choose('overflow', OVERFLOWS, rejectProblem)
  const policy = {
    reply: reply ?? DEFAULT_POLICY.reply,
    overflow: overflow ?? DEFAULT_POLICY.overflow,
    priority: choose('priority', PRIORITIES, () => null) ?? DEFAULT_POLICY.priority,
  }
  const waits = policy.reply !== 'queued' || policy.overflow === 'wait' || policy.overflow === 'by-qos'
  const onTimeout = choose('on_timeout', ON_TIMEOUTS, (choice) =>
    waits
      ? rejectProblem(choice)
      : `with \`overflow: ${policy.overflow}\` and \`reply: queued\` nothing waits: remove it`,
  )
  return { ...policy, onTimeout: onTimeout ?? DEFAULT_POLICY.onTimeout }
}

/** One of `choices`; null after noting that it is none, or that `problemOf` finds something wrong with it. */
export function readChoice<T extends string>(
  file: YamlFile,
  entry: Entry,
  choices: readonly T[],
  problemOf: (choice: T) => string | null = () => null,
): T | null {
  const value = readText(file, entry, { what: `one of ${choices.join(', ')}`, fix: () => null })
  if (value === null) return null
  const choice = choices.find((candidate) => candidate === value.text)
  const problem = choice === undefined ? unknownProblem(value.text, choices) : problemOf(choice)
  if (problem === null) return choice ?? null
  file.mistake(value.node, `\`${entry.name}\` cannot be ${quoted(value.text)}: ${problem}`)
  return null
}

function unknownProblem(text: string, choices: readonly string[]): string {
  return suggestion(text, choices).replace(/^, d/, 'd') || `use ${choices.join(', ')}`
}
