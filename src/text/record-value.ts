import { compactJson, escapedJson } from './json-line.ts'
import { shownBytes, shownText } from './shown.ts'
import { utf8Text } from './utf8.ts'

/**
 * A record's value on one line for people. JSON of the format `bridge` is shown with its payload decoded: in quotes
 * where it is text, as `hex …` or `base64 …` without quotes where it is not. Other text is shown as it is, bytes that are
 * no text as `hex …` or `base64 …`, none at all as `null`.
 */
export function shownValue(value: Buffer | null): string {
  if (value === null) return 'null'
  const text = utf8Text(value)
  if (text === null) return shownBytes(value)
  return shownText(withPayload(text) ?? text)
}

/** A record's value as one line of JSON: itself where it is JSON; undefined where it is not. */
export function valueAsJson(value: Buffer): string | undefined {
  const text = utf8Text(value)
  return text === null ? undefined : (compactJson(text) ?? undefined)
}

/** The JSON of a `bridge` record with its payload decoded; undefined when this is none. */
function withPayload(text: string): string | undefined {
  const fields = bridgeFields(text)
  if (fields === undefined) return undefined
  const parts = Object.entries(fields).map(([name, value]) => {
    const shown = name === 'payload' ? shownPayload(String(value)) : escapedJson(JSON.stringify(value))
    return `${JSON.stringify(name)}:${shown}`
  })
  return `{${parts.join(',')}}`
}

function shownPayload(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  const text = utf8Text(bytes)
  return text === null ? shownBytes(bytes) : escapedJson(JSON.stringify(text))
}

/** The fields, when there is a client and a payload that is base64 as we write it. */
function bridgeFields(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.startsWith('{') || !text.includes('"payload"')) return undefined
  try {
    const fields = JSON.parse(text) as Readonly<Record<string, unknown>>
    const { client_id: client, payload } = fields
    if (typeof client !== 'string' || typeof payload !== 'string') return undefined
    // To the letter, so that nothing else of it is shown otherwise than it is.
    if (JSON.stringify(fields) !== text) return undefined
    return Buffer.from(payload, 'base64').toString('base64') === payload ? fields : undefined
  } catch {
    return undefined
  }
}
