import { WRITTEN_FIELDS } from '../event-fields.ts'
import type { Format } from './format.ts'
import { addPropertyHeaders } from './mqtt-headers.ts'

/** They are the value, or have headers of their own. */
const NOT_HEADERS: ReadonlySet<string> = new Set([
  ...['event', 'id', 'payload', 'payload_encoding'],
  ...['pub_props', 'conn_props', 'sub_props', 'unsub_props'],
])

/**
 * The MQTT payload as it came, byte for byte; for hooks with a message. What else the event carries is in headers: its
 * fields as the format `emqx` names them (`emqx-clientid`, `emqx-topic`, `emqx-publish-received-at`), and the properties
 * of MQTT 5 (`emqx-prop-Content-Type`, `emqx-user-region`).
 */
export const payloadFormat: Format = {
  value: ({ event }) => ('message' in event ? Buffer.from(event.message.payload) : Buffer.alloc(0)),
  addHeaders(input, headers) {
    for (const [header, read] of HEADERS.get(input.event.hook) ?? []) {
      const value = read(input)
      if (value !== undefined) headers[header] = String(value)
    }
    addPropertyHeaders(input.event, headers)
  },
}

const HEADERS = new Map(
  Array.from(WRITTEN_FIELDS, ([hook, fields]) => [
    hook,
    fields
      .filter(({ name }) => !NOT_HEADERS.has(name))
      .map(({ name, read, written }) => [`emqx-${name.replaceAll('_', '-')}`, written ?? read] as const),
  ]),
)
