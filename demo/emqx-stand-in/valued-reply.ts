import type { StandInCounters } from './counters.ts'
import type { CallEnd } from './provider-pool.ts'

/** What a ValuedResponse says. */
export type Verdict =
  | { readonly kind: 'ignore' }
  | { readonly kind: 'bool'; readonly allow: boolean }
  | { readonly kind: 'message'; readonly allow: boolean; readonly topic: string; readonly payload: Buffer }

const IGNORE: Verdict = { kind: 'ignore' }

/** Reads a ValuedResponse as EMQX does; one without a value changes nothing and is counted. */
export function verdictOf(end: CallEnd, counters: StandInCounters): Verdict {
  const reply = end.reply as
    | { type: string; value?: string; bool_result?: boolean; message?: ReplacementMessage }
    | undefined
  if (reply === undefined || reply.type === 'IGNORE') return IGNORE
  if (reply.value === 'bool_result') return { kind: 'bool', allow: reply.bool_result === true }
  if (reply.value === 'message' && reply.message) {
    const { topic, payload, headers } = reply.message
    // A message that goes on need not repeat the permission it has; only one that ends the chain can forbid.
    const allow = !(reply.type === 'STOP_AND_RETURN' && headers.allow_publish === 'false')
    return { kind: 'message', allow, topic, payload }
  }
  counters.emptyReplies++
  return IGNORE
}

interface ReplacementMessage {
  readonly topic: string
  readonly payload: Buffer
  readonly headers: Readonly<Record<string, string>>
}
