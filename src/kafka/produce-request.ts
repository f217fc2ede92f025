import { Writer } from '@platformatic/kafka'

/** A batch for one partition, encoded. */
export interface EncodedPart {
  readonly partition: number
  readonly batch: Buffer
}

const ALL_REPLICAS = -1

/** From this version on lengths are compact and sections of tagged fields, all empty here, follow. */
export const FIRST_FLEXIBLE_VERSION = 9

/**
 * Kafka's Produce request, versions 3 to 11, with acks=all and no transaction.
 * Source: Kafka's protocol guide, Produce API.
 */
export function produceRequest(
  version: number,
  timeoutMs: number,
  topic: string,
  parts: readonly EncodedPart[],
): Writer {
  const flexible = version >= FIRST_FLEXIBLE_VERSION
  const writer = Writer.create().appendString(null, flexible).appendInt16(ALL_REPLICAS).appendInt32(timeoutMs)
  writer.appendArray(
    [topic],
    (ofTopic) =>
      ofTopic
        .appendString(topic, flexible)
        .appendArray(
          [...parts],
          (ofPart, { partition, batch }) => ofPart.appendInt32(partition).appendBytes(batch, flexible),
          flexible,
          flexible,
        ),
    flexible,
    flexible,
  )
  return flexible ? writer.appendTaggedFields() : writer
}
