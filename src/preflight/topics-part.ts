import type { ReadinessPart } from '../admin/readiness.ts'
import type { LaneState } from '../delivery/lane-loop.ts'
import type { PreflightState } from './preflight.ts'

/** More names than these are a number. */
const MAX_NAMES = 20

/**
 * The part `topics` of readiness: which topics Kafka refuses now, as their lanes have it, and which the preflight found
 * to be missing or not writable though nothing was sent there yet. Not ok before the first look has ended; when that
 * came to nothing, what is not known is not held against the topics.
 */
export function topicsPart(refused: readonly LaneState[], preflight: PreflightState): ReadinessPart {
  const { looked, failure, topics } = preflight
  const named = new Set(refused.map(({ topic }) => topic))
  const bad = [
    ...refused.map((lane) => `"${lane.topic}" is refused: ${lane.failure?.code}`),
    ...topics
      .filter(({ topic, ready }) => !ready && !named.has(topic))
      .map(({ topic, problem }) => `"${topic}" ${problem?.short}`),
  ]
  const name = 'topics'
  if (bad.length > 0) {
    const more = bad.length > MAX_NAMES ? `, and ${bad.length - MAX_NAMES} more` : ''
    return { name, ok: false, detail: bad.slice(0, MAX_NAMES).join(', ') + more }
  }
  if (looked) return { name, ok: true, detail: `${topics.length} can be written` }
  if (failure === null) return { name, ok: false, detail: 'not looked at yet' }
  return { name, ok: true, detail: `none is refused; they could not be looked at: ${failure.code}` }
}
