import type { HookEvent } from '../../events/hook-event.ts'
import { publicProperties } from '../event-fields.ts'

/** Headers of the properties of MQTT 5 that EMQX sent with an event. */
const PROPERTY_PREFIX = 'emqx-prop-'
/** … and of the user's own among them. */
const USER_PREFIX = 'emqx-user-'
/** How many properties did not become headers. */
const LEFT_OUT = 'emqx-props-left-out'

/** A device chooses how many properties it sends; a record has so many of them as headers, and so many bytes. */
const MAX_PROPERTIES = 64
const MAX_BYTES = 8 * 1024

/**
 * Adds the properties of an event, in their order, user properties last. Values of a name that is there several times are
 * joined by `, `. Characters of a name that some reader of headers might take for the end of a line or of a name are
 * percent-encoded. What goes beyond the bounds is left out, and a header says how many.
 */
export function addPropertyHeaders(event: HookEvent, headers: Record<string, string>): void {
  if (!('props' in event) || (event.props.length === 0 && event.userProps.length === 0)) return
  let bytes = 0
  let count = 0
  let leftOut = 0
  const add = (prefix: string, name: string, value: string) => {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
    if (++count > MAX_PROPERTIES || bytes > MAX_BYTES) {
      leftOut++
      return
    }
    const header = prefix + encodedName(name)
    const earlier = headers[header]
    headers[header] = earlier === undefined ? value : `${earlier}, ${value}`
  }
  for (const [name, value] of publicProperties(event.props)) add(PROPERTY_PREFIX, name, value)
  for (const { name, value } of event.userProps) add(USER_PREFIX, name, value)
  if (leftOut > 0) headers[LEFT_OUT] = String(leftOut)
}

/** A name of printable ASCII without blanks, `:` or `%`; every other byte of its UTF-8 as `%XX`. */
export function encodedName(name: string): string {
  if (/^[\x21-\x24\x26-\x39\x3b-\x7e]*$/.test(name)) return name
  let encoded = ''
  for (const byte of Buffer.from(name)) {
    const plain = byte > 0x20 && byte < 0x7f && byte !== 0x25 && byte !== 0x3a
    encoded += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
