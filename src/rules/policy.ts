import type { HookPoint } from '../hooks.ts'

/** When the hook call is answered: once the record is in the queue, once it is on disk, or once Kafka has acknowledged it. */
export type Reply = 'queued' | 'stored' | 'delivered'

/** What an expired wait (for room, for the disk, or for Kafka) means: the message goes on all the same, or nobody receives it. */
export type OnTimeout = 'accept' | 'reject'

/**
 * What happens when the queue has no room: `wait` for some, until the time for the reply is up; `drop-newest` this
 * event; `drop-oldest` records of the same Kafka topic; `reject` the message. `by-qos` is the default: `wait` for a
 * message of QoS 1 or 2, `drop-newest` for everything else.
 */
export type Overflow = 'by-qos' | 'wait' | 'drop-newest' | 'drop-oldest' | 'reject'

/** For a low one the queue is full at 70 % of either bound, for a normal one at 85 %, for a high one at 100 %. */
export type Priority = 'low' | 'normal' | 'high'

/** How the records of a rule are treated on their way. */
export interface Policy {
  readonly reply: Reply
  readonly onTimeout: OnTimeout
  readonly overflow: Overflow
  readonly priority: Priority
}

export const DEFAULT_POLICY: Policy = Object.freeze({
  reply: 'queued',
  onTimeout: 'accept',
  overflow: 'by-qos',
  priority: 'high',
})

/** The hooks whose answer can keep a message from its subscribers. */
export const REJECTABLE: ReadonlySet<HookPoint> = new Set<HookPoint>(['message.publish', 'message.ingress'])

/** The hooks that decide whether a client may do something: no answer to them waits for Kafka. */
export const DECISIONS: ReadonlySet<HookPoint> = new Set<HookPoint>([
  'client.authenticate',
  'client.authorize',
])

/** The hooks whose answer holds up the subscriber. Those that can be rejected hold up the publisher, all others the client. */
const OF_SUBSCRIBER: ReadonlySet<HookPoint> = new Set<HookPoint>(['message.delivered', 'message.acked'])

/** The slowest first: an event is answered when the slowest of its rules' replies is satisfied. */
const REPLIES: readonly Reply[] = ['delivered', 'stored', 'queued']

/** The more careful first: of an event's rules, the first that is asked for holds for the whole event. */
const OVERFLOWS: readonly Overflow[] = ['wait', 'by-qos', 'reject', 'drop-oldest', 'drop-newest']

/**
 * What holds for an event whose rules say different things, as its records go together or not at all: it is answered
 * when the slowest reply is satisfied, rejected when some rule rejects, and treated with the most careful overflow.
 * (Priority stays each record's own.)
 */
export function combinePolicies(policies: readonly Policy[]): Policy {
  const [first = DEFAULT_POLICY, ...others] = policies
  if (others.every((policy) => policy === first)) return first
  const some = <K extends keyof Policy>(key: K, value: Policy[K]) =>
    policies.some((policy) => policy[key] === value)
  return {
    reply: REPLIES.find((reply) => some('reply', reply)) ?? 'queued',
    onTimeout: some('onTimeout', 'reject') || some('overflow', 'reject') ? 'reject' : 'accept',
    overflow: OVERFLOWS.find((overflow) => some('overflow', overflow)) ?? 'by-qos',
    priority: first.priority,
  }
}

/** What a user should know of a rule that is no mistake: one sentence each. */
export function policyWarnings(policy: Policy, hooks: readonly HookPoint[]): readonly string[] {
  if (policy.reply === 'queued') return []
  const until = policy.reply === 'stored' ? 'the record is on disk' : 'Kafka has the record'
  const subscriber = hooks.filter((hook) => OF_SUBSCRIBER.has(hook))
  const client = hooks.filter((hook) => !OF_SUBSCRIBER.has(hook) && !REJECTABLE.has(hook))
  return Object.entries({ subscriber, client })
    .filter(([, held]) => held.length > 0)
    .map(
      ([who, held]) => `\`reply: ${policy.reply}\` on ${held.join(', ')} holds up the ${who} until ${until}`,
    )
}
