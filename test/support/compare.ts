import type { LoggedCall } from './call-log.ts'
import type { ConsumedRecord } from './kafka/consume.ts'

/** What a consumer found in Kafka, beside the hook calls. */
export interface Comparison {
  /** Different messages of these calls that are in Kafka. */
  readonly messages: number
  /** Calls that were answered, not rejected, and whose message is not in Kafka. */
  readonly missing: readonly LoggedCall[]
  /** Records of messages that are in Kafka already. */
  readonly duplicates: number
  /** Messages that stand, where they stand first, behind a later one of the same client and the same life. */
  readonly outOfOrder: number
  /** Clients on more than one partition of a topic. */
  readonly astray: number
}

/**
 * Compares records, each partition's in order, with the calls of a log. Records of other messages are passed over.
 * `lifeOf` tells which life of the provider a call was made to; order is counted within each. Default: one life.
 */
export function compare(
  records: readonly ConsumedRecord[],
  calls: readonly LoggedCall[],
  lifeOf: (call: LoggedCall) => number = () => 0,
): Comparison {
  const placeOf = new Map(calls.map((call, place) => [call.messageId, place]))
  const seen = new Set<string>()
  const latest = new Map<string, number>()
  const partitions = new Map<string, number>()
  const astray = new Set<string>()
  let duplicates = 0
  let outOfOrder = 0

  for (const { topic, partition, headers } of records) {
    const id = headers['emqx-message-id'] ?? ''
    const place = placeOf.get(id)
    const call = place === undefined ? undefined : calls[place]
    if (place === undefined || call === undefined) continue
    if (seen.has(id)) {
      duplicates++
      continue
    }
    seen.add(id)
    const stream = `${call.clientid} ${topic}`
    if ((partitions.get(stream) ?? partition) !== partition) astray.add(stream)
    partitions.set(stream, partition)
    const life = `${stream} ${lifeOf(call)}`
    if (place < (latest.get(life) ?? -1)) outOfOrder++
    latest.set(life, Math.max(place, latest.get(life) ?? -1))
  }
  const missing = calls.filter(
    ({ messageId, outcome, rejected }) => outcome === 'succeeded' && !rejected && !seen.has(messageId),
  )
  return { messages: seen.size, missing, duplicates, outOfOrder, astray: astray.size }
}
