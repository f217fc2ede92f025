/** One line of a configuration file of EMQX 4.x: `key = value`, a comment, nothing, or what is none of these. */
export type ConfLine =
  | { readonly kind: 'blank'; readonly line: number }
  | { readonly kind: 'comment'; readonly line: number; readonly text: string }
  | ConfSetting
  | { readonly kind: 'other'; readonly line: number; readonly text: string }

export interface ConfSetting {
  readonly kind: 'setting'
  /** From 1. */
  readonly line: number
  readonly key: string
  /** Without the blanks around it and without a comment behind it; may be empty. */
  readonly value: string
  /** The comment behind the value, with its `#`; null when there is none. */
  readonly remark: string | null
}

/** Takes a file apart, line by line: each of its lines is in the result, in order. Never throws. */
export function readConfLines(text: string): readonly ConfLine[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/)
  // What follows the last line end is a line only when something stands there.
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line, index) => readLine(line.trim(), index + 1))
}

function readLine(text: string, line: number): ConfLine {
  if (text === '') return { kind: 'blank', line }
  if (text.startsWith('#')) return { kind: 'comment', line, text }
  const equals = text.indexOf('=')
  const key = text.slice(0, Math.max(equals, 0)).trim()
  if (!/^[\w.-]+$/.test(key)) return { kind: 'other', line, text }
  return { kind: 'setting', line, key, ...splitRemark(text.slice(equals + 1).trim()) }
}

/** A `#` in a hook's JSON is most often the filter of all topics, so an object is read to its closing brace. */
function splitRemark(text: string): Pick<ConfSetting, 'value' | 'remark'> {
  const end = text.startsWith('{') ? endOfObject(text) : text.search(/(?<=\s|^)#/)
  if (end === -1) return { value: text, remark: null }
  const rest = text.slice(end).trim()
  // What else follows an object stays with it, where it will not be understood.
  if (rest !== '' && !rest.startsWith('#')) return { value: text, remark: null }
  return { value: text.slice(0, end).trim(), remark: rest === '' ? null : rest }
}

/** The index behind the brace that closes the first one; -1 when none does. */
function endOfObject(text: string): number {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (inString) {
      if (char === '\\') i++
      else if (char === '"') inString = false
    } else if (char === '"') inString = true
    else if (char === '{') depth++
    else if (char === '}' && --depth === 0) return i + 1
  }
  return -1
}
