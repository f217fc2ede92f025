import { HOOKS, type HookPoint } from '../hooks.ts'
import type { FormatName } from './formats/format-names.ts'

/**
 * What all of a record but the payload may take, in bytes, in each of the places where it may stand. An assumption, and
 * a wide one: MQTT allows 64 KiB for each name, but who has client ids of a thousand bytes knows it. It covers the
 * MQTT topic, client id, user name and `from`, the node, the reason and the other fields as JSON text, escapes
 * included (in the value), what the template of the key makes of them, and the headers.
 */
export const NAMES_BYTES = 8 * 1024

const asItIs = (bytes: number): number => bytes
/** What a payload of so many bytes becomes. */
const PAYLOAD_BYTES: Readonly<Record<FormatName, (bytes: number) => number>> = {
  // base64: four bytes for three.
  bridge: (bytes) => 4 * Math.ceil(bytes / 3),
  // Text in JSON: a control character is six.
  emqx: (bytes) => 6 * bytes,
  payload: asItIs,
  cloudevents: asItIs,
  protobuf: asItIs,
}

/** The batch of Kafka's format around a single record, and the record's own lengths and times, at most. */
const BATCH_BYTES = 61 + 64

/**
 * The most bytes that Kafka has to take in one batch for one record of these hooks, uncompressed. `maxPacketBytes` is EMQX's limit for a packet, which a payload
 * could fill but for the two bytes that say how long its topic is, and the topic. Messages that EMQX makes itself (its
 * REST API, its rules) know no such limit, and are left out; so are names beyond `NAMES_BYTES`, and what templates take
 * from the payload.
 */
export function largestRecordBytes(
  hooks: readonly HookPoint[],
  format: FormatName,
  maxPacketBytes: number,
): number {
  const carriesPayload = hooks.some((hook) => HOOKS.get(hook)?.topic === 'message')
  const payload = carriesPayload ? PAYLOAD_BYTES[format](maxPacketBytes) : 0
  return payload + 2 * NAMES_BYTES + BATCH_BYTES
}
