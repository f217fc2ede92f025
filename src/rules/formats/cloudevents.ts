import { randomUUID } from 'node:crypto'
import type { HookEvent } from '../../events/hook-event.ts'
import { emqxEvent } from '../event-fields.ts'
import type { RuleInput } from '../rule-input.ts'
import type { Format } from './format.ts'
import { addPropertyHeaders } from './mqtt-headers.ts'

export interface CloudEventsOptions {
  /** Makes the id of an event without a message; default: a random UUID. */
  readonly newId?: () => string
}

/**
 * CloudEvents 1.0 as its Kafka protocol binding writes them in binary mode: the attributes in headers `ce_…`, the data as
 * the value. The data of a hook with a message is the MQTT payload as it came, with the content type of MQTT 5 or
 * `application/octet-stream`; of any other hook the JSON of the format `emqx`.
 *
 * `source` and `id` together name the event: the node, and the message's id with the hook (and the receiver, of whom
 * a message may have several); a hook without a message has a random id. `clientid`, `username` and `qos` are extension
 * attributes; properties of MQTT 5 are headers as in the format `payload`.
 *
 * The Kafka binding writes attributes as they are, in UTF-8; but no attribute may hold control characters, which a client id, a
 * user name or a topic may: these are percent-encoded.
 *
 * Source: https://github.com/cloudevents/spec, v1.0.2, spec.md and bindings/kafka-protocol-binding.md.
 */
export function createCloudEventsFormat({ newId = randomUUID }: CloudEventsOptions = {}): Format {
  return {
    value: (input) =>
      'message' in input.event
        ? Buffer.from(input.event.message.payload)
        : Buffer.from(JSON.stringify(emqxEvent(input))),
    addHeaders(input, headers) {
      const { event } = input
      headers.ce_specversion = '1.0'
      headers.ce_id = 'message' in event ? messageEventId(event) : newId()
      headers.ce_source = `/emqx/${encodeURIComponent(event.node.toWellFormed())}`
      headers.ce_type = `io.emqx.${event.hook}`
      headers.ce_time = timeOf(event)
      setText(headers, 'ce_subject', input.topic || event.clientid)
      setText(headers, 'ce_clientid', event.clientid)
      setText(headers, 'ce_username', event.username)
      if ('message' in event) headers.ce_qos = String(event.message.qos)
      headers['content-type'] = contentType(input)
      addPropertyHeaders(event, headers)
    },
  }
}

type MessageEvent = Extract<HookEvent, { message: unknown }>

function messageEventId(event: MessageEvent): string {
  const { hook, message, clientid } = event
  const receipt = hook === 'message.delivered' || hook === 'message.acked'
  const id = `${withoutControls(message.id)}:${hook}`
  // Two receivers never have the same id: `%0A` written out is another one than a line feed.
  return receipt ? `${id}:${withoutControls(clientid.replaceAll('%', '%25'))}` : id
}

/** No attribute is empty. */
function setText(headers: Record<string, string>, name: string, value: string): void {
  if (value !== '') headers[name] = withoutControls(value)
}

/** What the type String of CloudEvents does not allow: control characters, noncharacters, halves of surrogate pairs. */
const DISALLOWED = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u

/** The same with what is not allowed as the percent-encoding of its UTF-8. */
function withoutControls(text: string): string {
  if (!DISALLOWED.test(text)) return text
  return Array.from(text, (char) =>
    DISALLOWED.test(char) ? encodeURIComponent(char.toWellFormed()) : char,
  ).join('')
}

/** The first moment beyond what RFC 3339 can write, in ms since 1970. */
const YEAR_10000_MS = 253_402_300_800_000

function timeOf(event: HookEvent): string {
  const ms = 'message' in event ? event.message.timestampMs : 0
  return new Date(ms > 0 && ms < YEAR_10000_MS ? ms : event.receivedAtMs).toISOString()
}

/** A media type as RFC 2046 writes it, parameters and all; anything else that a device may send is not passed on. */
const MEDIA_TYPE = /^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}(?: *;[\x20-\x7e]{1,200})?$/

function contentType({ event }: RuleInput): string {
  if (!('message' in event)) return 'application/json'
  const given = 'props' in event ? event.props.find(({ name }) => name === 'Content-Type')?.value : undefined
  return given !== undefined && MEDIA_TYPE.test(given) ? given : 'application/octet-stream'
}
