import type { Connection } from './connection.ts'
import type { StandInParts } from './parts.ts'
import { verdictOf } from './valued-reply.ts'

/** Asks client.authorize; true when the provider did not ask for that hook, or leaves the decision to EMQX. */
export async function isAuthorized(
  { hooks, counters, config }: StandInParts,
  { clientid, clientinfo }: Connection,
  type: 'PUBLISH' | 'SUBSCRIBE',
  topic: string,
): Promise<boolean> {
  const end = await hooks.call('client.authorize', clientid, { clientinfo, type, topic, result: true })
  if (end === undefined) return true
  if (end.outcome !== 'succeeded') return config.failedAction === 'ignore'
  const verdict = verdictOf(end, counters)
  return verdict.kind === 'bool' ? verdict.allow : true
}
