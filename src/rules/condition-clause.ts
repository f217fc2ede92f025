/** What ends a comparison, and what may hide that: texts and brackets. */
const TOKEN = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|&&|\|\||[()[\]{},?:]|\b(?:and|or)\b/gi

/** Where the comparison around a place of a condition that is no CEL stands, from 0; `end` is behind it. */
export interface Clause {
  readonly start: number
  readonly end: number
}

/** Goes to the `&&`, the `and`, the comma or the bracket on both sides of `at`, without the blanks there. */
export function clauseAround(text: string, at: number): Clause {
  const starts = [0]
  let depth = 0
  let end = text.length
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (/^["']/.test(token)) continue
    const isOpening = /^[([{]$/.test(token)
    const isClosing = /^[)\]}]$/.test(token)
    if (index < at) {
      if (isOpening) starts.push(index + 1)
      else if (isClosing && starts.length > 1) starts.pop()
      else if (!isClosing) starts[starts.length - 1] = index + token.length
      continue
    }
    if (isOpening) depth++
    else if (depth === 0) {
      end = index
      break
    } else if (isClosing) depth--
  }
  const start = starts.at(-1) ?? 0
  return {
    start: start + text.slice(start).search(/\S|$/),
    end: text.slice(0, end).trimEnd().length,
  }
}
