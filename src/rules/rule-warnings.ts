import { HOOKS, type HookPoint } from '../hooks.ts'
import { quoted } from '../text/quoted.ts'
import { conditionWarnings } from './condition-warnings.ts'
import { coversAll, isEverything } from './filter-cover.ts'
import { keyWarning } from './key-warning.ts'
import { policyWarnings } from './policy.ts'
import type { RuleConfig } from './rule-config.ts'
import { SUBSCRIPTION_HOOKS } from './rule-input.ts'
import { levelWarnings } from './topic-levels.ts'
import { createTwiceWritten } from './twice-written.ts'

/** Something about a rule that is allowed, and hardly meant. */
export interface RuleWarning {
  /** Its place in the list of rules. */
  readonly index: number
  /** One sentence, with what to do. */
  readonly message: string
}

/** What a user should know of the rules of a file that is no mistake. Of a rule that is switched off only what its policy needs. */
export function ruleWarnings(rules: readonly RuleConfig[]): readonly RuleWarning[] {
  const twiceWritten = createTwiceWritten(rules)
  return rules.flatMap((rule, index) => {
    const { policy, hooks, enabled } = rule
    const messages = [
      ...(policy.reply === 'stored' ? [STORED_NEEDS] : []),
      ...policyWarnings(policy, hooks),
      ...(enabled
        ? [
            ...neverMatches(rule),
            ...conditionWarnings(rule),
            ...everyMessage(rule),
            ...keyWarning(rule),
            ...levelWarnings(rule),
            ...twice(rule, rules[twiceWritten(index)]),
          ]
        : []),
    ]
    return messages.map((message) => ({ index, message }))
  })
}

const STORED_NEEDS = '`reply: stored` needs a disk: `serve` takes it only with `queue.disk.path`'

function neverMatches({ filters, exclude, hooks }: RuleConfig): readonly string[] {
  const found: string[] = []
  // A subscription is excluded only when it is covered itself: one of `#` still matches.
  const byTopic = !hooks.some((hook) => SUBSCRIPTION_HOOKS.has(hook))
  const lost = byTopic ? (filters ?? []).filter((filter) => coversAll(exclude, [filter])) : []
  if (byTopic && filters !== null && lost.length === filters.length)
    found.push('it never matches: `exclude` takes away all that `filter` takes')
  else
    for (const filter of lost)
      found.push(`\`exclude\` takes away all that the filter ${quoted(filter)} takes: remove one of them`)
  if (byTopic && filters === null && exclude.some(isEverything))
    found.push('`exclude` leaves only topics that begin with `$`: narrow it')
  if (filters?.every((filter) => filter.startsWith('$SYS/')))
    for (const hook of hooks.filter((one) => HOOKS.get(one)?.topic === 'message'))
      found.push(`it never matches a ${hook}: EMQX does not send its own \`$SYS/\` messages to hooks`)
  return found
}

/** The hooks that are called for every message of every client. */
const BUSY: ReadonlySet<HookPoint> = new Set<HookPoint>([
  'message.publish',
  'message.delivered',
  'message.acked',
  'message.ingress',
])

function everyMessage({ hooks, filters, when }: RuleConfig): readonly string[] {
  const busy = hooks.filter((hook) => BUSY.has(hook))
  if (busy.length === 0 || (filters !== null && !filters.some(isEverything))) return []
  const what = filters === null ? 'without a `filter`' : 'with a filter that covers `#`'
  return [
    `on ${busy.join(', ')} ${what}, EMQX calls for every message of the broker${when === null ? '' : ', and only then does `when` decide'}: name the topics`,
  ]
}

/** Another rule takes all that this one takes, and writes it to the same Kafka topic. */
function twice(rule: RuleConfig, other: RuleConfig | undefined): readonly string[] {
  if (other === undefined) return []
  const hooks = rule.hooks.filter((hook) => other.hooks.includes(hook)).join(', ')
  return [
    `rule ${other.name} takes every ${hooks} that it takes, for the same Kafka topic: these events are in ${rule.topic} twice`,
  ]
}
