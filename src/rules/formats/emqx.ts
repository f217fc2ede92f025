import { emqxEvent } from '../event-fields.ts'
import type { Format } from './format.ts'

/**
 * The JSON of EMQX 5's rule engine: the fields of event-fields.ts, those that the event carries. A payload is text where it
 * is UTF-8, else base64 with `payload_encoding: base64`. `timestamp` is when the hook call was received here,
 * `publish_received_at` EMQX's time of the message, both in ms since 1970.
 */
export const emqxFormat: Format = {
  value: (input) => Buffer.from(JSON.stringify(emqxEvent(input))),
}
