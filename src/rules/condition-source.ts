import type { ASTNode } from '@marcbachmann/cel-js'

/** Where a part stands in its condition, from 0; `end` is behind it. */
export interface SourceRange {
  readonly start: number
  readonly end: number
}

/**
 * Where a part is written. The parser leaves out the bracket before a part whose first operand is in brackets, and the one
 * behind its last: they belong to it here.
 */
export function rangeOf({ input, start: from, end: to }: ASTNode): SourceRange {
  let [start, end] = [from, to]
  for (;;) {
    const { unopened, unclosed } = bracketsOf(input.slice(start, end))
    const before = input.slice(0, start).trimEnd().length - 1
    const behind = end + input.slice(end).search(/\S|$/)
    if (unopened > 0 && input[before] === '(') start = before
    else if (unclosed > 0 && input[behind] === ')') end = behind + 1
    else return { start, end }
  }
}

/** How many brackets are closed that were never open, and how many are open at the end. Those in texts do not count. */
function bracketsOf(source: string): { readonly unopened: number; readonly unclosed: number } {
  let unopened = 0
  let unclosed = 0
  for (const [sign] of source.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[()]/g)) {
    if (sign === '(') unclosed++
    else if (sign === ')' && unclosed > 0) unclosed--
    else if (sign === ')') unopened++
  }
  return { unopened, unclosed }
}

export function sourceOf(node: ASTNode): string {
  const { start, end } = rangeOf(node)
  return node.input.slice(start, end)
}

/** The source of a part with other text in the place of some of its own parts, which are given in their order. */
export function rewritten(node: ASTNode, ...changes: readonly (readonly [ASTNode, string])[]): string {
  const { start, end } = rangeOf(node)
  let from = start
  let text = ''
  for (const [part, replacement] of changes) {
    text += node.input.slice(from, part.start) + replacement
    from = part.end
  }
  return text + node.input.slice(from, end)
}

/** In brackets where something put behind it would belong to a part of it. */
export function bracketed(node: ASTNode): string {
  const source = sourceOf(node)
  return SIMPLE.has(node.op) || /^\(.*\)$/s.test(source) ? source : `(${source})`
}

const SIMPLE: ReadonlySet<string> = new Set(['id', 'value', '.', '[]', 'call', 'rcall', 'list', 'map'])
