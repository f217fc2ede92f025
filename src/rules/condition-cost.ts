import type { ASTNode } from '@marcbachmann/cel-js'

/** What is wrong with a condition, and where in its text it begins, from 0. */
export interface ConditionProblem {
  readonly message: string
  readonly at: number
}

/** A condition has no more parts than this; each of them costs at most as much as the payload is long. */
export const MAX_PARTS = 500

/** The macros that look at each item of a list or a map, whose name is their first argument. */
export const COMPREHENSIONS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])
/** They look for one text in another, which takes the product of both lengths at worst. */
const SEARCHES: ReadonlySet<string> = new Set(['contains', 'indexOf', 'lastIndexOf', 'split'])
/** What may be done with each item of a list: nothing that looks at another list or a whole text again. */
const ITEM_OPERATORS: ReadonlySet<string> = new Set([
  ...[
    'value',
    'id',
    '.',
    '[]',
    '==',
    '!=',
    '<',
    '<=',
    '>',
    '>=',
    '&&',
    '||',
    '!_',
    '?:',
    '-_',
    '-',
    '*',
    '/',
    '%',
  ],
])

/**
 * What of a condition could take longer than reading the payload some hundred times, since devices choose the payload: null
 * when nothing could. Refused are regular expressions (JavaScript's may need time without bound), searches for what is
 * not written in the condition itself, and within `all`, `exists` and their like anything but comparing.
 */
export function costProblem(root: ASTNode): ConditionProblem | null {
  for (const node of partsOf(root)) {
    const message = messageOf(node)
    if (message !== null) return { message, at: node.start }
    if (node.op !== 'rcall' || !COMPREHENSIONS.has(node.args[0])) continue
    const [item, ...bodies] = node.args[2]
    for (const part of bodies.flatMap(partsOf)) {
      if (!mayBeRepeated(part)) return { message: repeated(node.args[0]), at: part.start }
      if (isLongComparison(part, item)) return { message: comparedTo(node.args[0]), at: part.start }
    }
  }
  return null
}

/** Every part of an expression, itself included. */
export function partsOf(node: ASTNode): ASTNode[] {
  return [node, ...childrenOf(node.args).flatMap(partsOf)]
}

function messageOf(node: ASTNode): string | null {
  if (node.op === 'in')
    return isWritten(node.args[0]) || isWritten(node.args[1])
      ? null
      : '`in` needs a value or a list that is written out on one of its sides'
  if (node.op !== 'rcall') return null
  const [name, receiver, args] = node.args
  if (name === 'matches')
    return 'a device can make a regular expression run for minutes: use `startsWith`, `endsWith` or `contains`'
  if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel')
    return '`cel.bind` is not supported: write the value where it is used'
  return SEARCHES.has(name) && !args.every(isWritten)
    ? `\`${name}\` needs a text that is written out, as in \`topic.${name}("x")\``
    : null
}

function mayBeRepeated(node: ASTNode): boolean {
  if (ITEM_OPERATORS.has(node.op)) return true
  if (node.op === 'call') return node.args[0] === 'has'
  if (node.op !== 'rcall') return false
  const [name, , args] = node.args
  return (name === 'startsWith' || name === 'endsWith') && args.every(isWritten)
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

/** Two values that are no part of the item are compared anew with each: as long as both are, times the items. */
function isLongComparison(node: ASTNode, item: ASTNode | undefined): boolean {
  if (!COMPARISONS.has(node.op)) return false
  const isShort = (side: ASTNode): boolean => isWritten(side) || rootOf(side) === item?.args
  return !childrenOf(node.args).some(isShort)
}

/** The name that a path begins with, as `x` in `x.a[0].b`. */
function rootOf(node: ASTNode): unknown {
  if (node.op === 'id') return node.args
  const [first] = node.op === '.' || node.op === '[]' ? childrenOf(node.args) : []
  return first === undefined ? null : rootOf(first)
}

const comparedTo = (macro: string): string =>
  `within \`${macro}\`, compare the item with something, or with what is written out: a device may send very many`

const repeated = (macro: string): string =>
  `\`${macro}\` may only compare each item, since a device may send very many: write this outside of it`

/** Whether a part is the same for every event. */
const isWritten = (node: ASTNode): boolean => partsOf(node).every(({ op }) => CONSTANT.has(op))
const CONSTANT: ReadonlySet<string> = new Set(['value', 'list', 'map', '-_'])

/** The parts of which one with these `args` is made, in order. */
export function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf)
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : []
}
