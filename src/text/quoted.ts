const MAX_SHOWN = 80

/** Text as a message shows it: on one line, nothing in it that a terminal would obey. */
export function escaped(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`)
}

/** Text from a user's file in back-ticks, escaped, and cut when it is long. */
export function quoted(text: string): string {
  return `\`${escaped(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)}\``
}
