import { utf8Text } from './utf8.ts'

/** Longer bytes are shown in base64 instead of hex. */
const MAX_HEX_BYTES = 32

/** All that a terminal obeys, that turns the direction of text, is not to be seen or ends a line. */
const OBEYED = /[\p{C}\p{Zl}\p{Zp}]/gu

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Text on one line in which a terminal finds nothing to obey: `\n`, `\u{1b}`. */
export function shownText(text: string): string {
  return text.replaceAll(OBEYED, (char) => SHORT[char] ?? `\\u{${char.codePointAt(0)?.toString(16)}}`)
}

/** Bytes that are no text: `hex 00ff (2 bytes)`, or `base64 …` when they are many. */
export function shownBytes(bytes: Buffer): string {
  const short = bytes.length <= MAX_HEX_BYTES
  const digits = short ? `hex ${bytes.toString('hex')}` : `base64 ${bytes.toString('base64')}`
  return `${digits} (${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'})`
}

/** Bytes as text where they are UTF-8, else as `shownBytes`; a word for none at all. */
export function shown(bytes: Buffer | null): string {
  if (bytes === null) return 'null'
  const text = utf8Text(bytes)
  return text === null ? shownBytes(bytes) : shownText(text)
}
