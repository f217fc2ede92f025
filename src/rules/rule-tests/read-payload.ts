import { isScalar } from 'yaml'
import { readChoice } from '../policy-fields.ts'
import type { YamlFile } from '../yaml-file.ts'
import { type Entry, isWrittenNull, readText } from '../yaml-map.ts'
import { jsonOf } from './node-json.ts'

/**
 * The payload of an event: `payload` as text, as bytes in base64 with `payload_encoding: base64` (as the format `emqx` writes
 * it), or as anything else that JSON knows, which becomes JSON without blanks; or `payload_base64`. null: none is
 * written, or it is wrong, which is noted.
 */
export function readPayload(file: YamlFile, entries: ReadonlyMap<string, Entry>): Buffer | null {
  const payload = entries.get('payload')
  const base64 = entries.get('payload_base64')
  const encoding = entries.get('payload_encoding')
  if (base64 !== undefined) {
    for (const other of [payload, encoding])
      if (other !== undefined)
        file.mistake(other.key, `\`payload_base64\` is there too: remove \`${other.name}\``)
    return readBase64(file, base64)
  }
  const encoded = encoding === undefined ? null : readChoice(file, encoding, ['base64'])
  if (payload === undefined) {
    if (encoding !== undefined) file.mistake(encoding.key, '`payload_encoding` needs a `payload`')
    return null
  }
  if (encoded !== null) return readBase64(file, payload)
  if (payload.value === null && !isWrittenNull(payload)) {
    file.mistake(payload.key, '`payload` is empty: write a value, `""` for no bytes at all')
    return null
  }
  if (isScalar(payload.value) && typeof payload.value.value === 'string')
    return Buffer.from(payload.value.value)
  const json = jsonOf(file, payload.value)
  return json === null ? null : Buffer.from(json)
}

/** Bytes in base64, as RFC 4648 writes them; null after noting that they are none. */
export function readBase64(file: YamlFile, entry: Entry): Buffer | null {
  const text = readText(file, entry)
  if (text === null) return null
  const bytes = Buffer.from(text.text, 'base64')
  if (bytes.toString('base64').replace(/=+$/, '') === text.text.replace(/=+$/, '')) return bytes
  file.mistake(text.node, `\`${entry.name}\` is no base64`)
  return null
}
