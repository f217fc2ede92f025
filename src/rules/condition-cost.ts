import type { ASTNode } from '@marcbachmann/cel-js'

/** What is wrong with a condition, and where in its text it begins, from 0. */
export interface ConditionProblem {
  readonly message: string
  readonly at: number
}

/** A condition has no more parts than this. */
export const MAX_PARTS = 500

/** The macros that look at each item of a list or a map, whose name is their first argument. */
export const COMPREHENSIONS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])
/** With a text that a device sends they take the product of two lengths at worst, in time or in memory. */
const NEED_WRITTEN: ReadonlySet<string> = new Set([
  ...['contains', 'indexOf', 'lastIndexOf', 'split', 'join', 'duration'],
])
/** What else may be called. Everything here is done with its text or its list in one go. */
const HARMLESS: ReadonlySet<string> = new Set([
  ...['has', 'size', 'startsWith', 'endsWith', 'substring', 'lowerAscii', 'upperAscii', 'trim'],
  ...['int', 'uint', 'double', 'string', 'bool', 'bytes', 'dyn', 'type', 'timestamp'],
  ...['getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear', 'getFullYear', 'getMonth'],
  ...['getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'],
])
/** What may be done with each item of a list: nothing that looks at another list or a whole text again. */
const ITEM_OPERATORS: ReadonlySet<string> = new Set([
  ...['value', 'id', '.', '[]', '==', '!=', '<', '<=', '>', '>='],
  ...['&&', '||', '!_', '?:', '-_', '-', '*', '/', '%'],
])
/** Each `+` of texts or lists copies what the ones before it have made. */
const MAX_JOINS = 10

/**
 * What of a condition could take longer than looking at the event some times over, since devices choose the payload: null
 * when nothing could. Refused are regular expressions (JavaScript's may need time without bound), searches for what is
 * not written in the condition itself, functions that are not known to be harmless, and within `all`, `exists` and their
 * like anything but comparing, and what would be there once for each item.
 */
export function costProblem(root: ASTNode): ConditionProblem | null {
  let joins = 0
  for (const node of partsOf(root)) {
    const message = messageOf(node)
    if (message !== null) return { message, at: node.start }
    if (isJoin(node) && ++joins > MAX_JOINS) return { message: TOO_MANY_JOINS, at: node.start }
    if (node.op !== 'rcall' || !COMPREHENSIONS.has(node.args[0])) continue
    const [item, ...bodies] = node.args[2]
    for (const part of bodies.flatMap(partsOf)) {
      if (!mayBeRepeated(part)) return { message: repeated(node.args[0], part), at: part.start }
      if (isLongComparison(part, item)) return { message: comparedTo(node.args[0]), at: part.start }
    }
    const made = node.args[0] === 'map' ? bodies.at(-1) : undefined
    if (made !== undefined && !isSmall(made, item)) return { message: MADE_BY_MAP, at: made.start }
  }
  return null
}

/** What an event gives conditions to look at. */
export interface EventSize {
  /** Of the longest list or map in it. */
  readonly items: number
  /** All values of its JSON and its properties. */
  readonly values: number
  /** Its texts and its payload. */
  readonly bytes: number
}

/** How long a condition may take for each of these, in steps of some 10 ns. */
export type ConditionWork = EventSize

/**
 * What a condition takes at worst; all zero for one that looks at single values. Measured: an item of a list for which what
 * is asked fails 1.7 µs, a value of two that are compared 150 ns, an item of lists that are joined 20 ns each time.
 */
export function workOf(root: ASTNode): ConditionWork {
  const parts = partsOf(root)
  const sum = (steps: (node: ASTNode) => number) => parts.reduce((all, node) => all + steps(node), 0)
  const copies = copiesOf(parts)
  const joined = 13 * parts.filter(isJoin).length
  const items = sum((node) => {
    if (node.op !== 'rcall' || !COMPREHENSIONS.has(node.args[0])) return 0
    const body = node.args[2].slice(1).flatMap(partsOf)
    // Each side of an `||` may fail for itself.
    const failures = 1 + body.filter(({ op }) => BRANCHES.has(op)).length
    return 170 * failures + 5 * body.length
  })
  const values = sum((node) => {
    if (EQUALITY.has(node.op)) return childrenOf(node.args).some(isWritten) ? 0 : 15
    return node.op === 'in' && !isWritten(node.args[1]) ? 10 : 0
  })
  const bytes = sum((node) => {
    if (node.op !== 'call' && node.op !== 'rcall') return 0
    return LOOKS_AT_ONE_VALUE.has(node.args[0]) || COMPREHENSIONS.has(node.args[0]) ? 0 : 2
  })
  // Each character of a text may be an item then.
  const splits = parts.some((node) => node.op === 'rcall' && node.args[0] === 'split')
  return {
    items: joined + copies * items,
    values: copies * values,
    bytes: copies * (splits ? bytes + items : bytes),
  }
}

/** How often a value of the event may be in one that the condition makes: once, and again for each that it joins or puts into a list. */
function copiesOf(parts: readonly ASTNode[]): number {
  const held = parts
    .filter(({ op }) => op === 'list' || op === 'map')
    .map((node) => childrenOf(node.args).filter((child) => !isWritten(child)).length)
  return 1 + parts.filter(isJoin).length + held.reduce((all, count) => all + Math.max(0, count - 1), 0)
}

const BRANCHES: ReadonlySet<string> = new Set(['||', '&&', '?:'])
const EQUALITY: ReadonlySet<string> = new Set(['==', '!='])
const LOOKS_AT_ONE_VALUE: ReadonlySet<string> = new Set([
  'has',
  'startsWith',
  'endsWith',
  'timestamp',
  'type',
])

/** One text more, as in `clientid + "/"`, costs nothing; a list is copied for each. */
const isJoin = (node: ASTNode): boolean =>
  node.op === '+' && !childrenOf(node.args).some((side) => isWritten(side) && side.op !== 'list')
const TOO_MANY_JOINS = `more than ${MAX_JOINS} \`+\` of what a device sends: use fewer`

/** Every part of an expression, itself included. */
export function partsOf(node: ASTNode): ASTNode[] {
  return [node, ...childrenOf(node.args).flatMap(partsOf)]
}

function messageOf(node: ASTNode): string | null {
  if (node.op === 'in')
    return isWritten(node.args[0]) || isWritten(node.args[1])
      ? null
      : '`in` needs a value or a list that is written out on one of its sides'
  if (node.op === 'call') return functionProblem(node.args[0], node.args[1])
  if (node.op !== 'rcall') return null
  const [name, receiver, args] = node.args
  if (name === 'bind' && receiver.op === 'id' && receiver.args === 'cel')
    return '`cel.bind` is not supported: write the value where it is used'
  return COMPREHENSIONS.has(name) ? null : functionProblem(name, args)
}

function functionProblem(name: string, args: readonly ASTNode[]): string | null {
  if (name === 'matches')
    return 'a device can make a regular expression run for minutes: use `startsWith`, `endsWith` or `contains`'
  if (NEED_WRITTEN.has(name)) {
    if (name === 'join' && args.some(isLongText))
      return `\`join\` takes at most ${MAX_REPEATED_TEXT} characters to put between: a device may send very many texts`
    return args.every(isWritten)
      ? null
      : `\`${name}\` needs a text that is written out, as in \`${exampleOf(name)}\``
  }
  if (!HARMLESS.has(name))
    return `\`${name}\` is not supported: a device could make it take very long, or very much memory`
  // A time zone is searched for.
  if (name.startsWith('get') && !args.every(isWritten))
    return `\`${name}\` needs a time zone that is written out, as in \`${name}("Europe/Berlin")\``
  return null
}

const exampleOf = (name: string): string => (name === 'duration' ? 'duration("5m")' : `topic.${name}("x")`)

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

/** Written texts that are repeated for each item have no more characters than this. */
const MAX_REPEATED_TEXT = 32

const isLongText = ({ op, args }: ASTNode): boolean =>
  op === 'value' && typeof args === 'string' && args.length > MAX_REPEATED_TEXT

/** Of these `map` makes a truth value or a number, whatever stands in them. */
const MAKES_SMALL: ReadonlySet<string> = new Set([
  ...['==', '!=', '<', '<=', '>', '>=', '&&', '||', '!_', '-_', '-', '*', '/', '%', 'call', 'rcall'],
])

/** Whether what `map` makes of the items is, together, about as large as they are: a copy of something else for each would not be. */
function isSmall(made: ASTNode, item: ASTNode | undefined): boolean {
  if (made.op === '?:') return made.args.slice(1).every((result) => isSmall(result, item))
  if (made.op === 'value') return !isLongText(made)
  return MAKES_SMALL.has(made.op) || rootOf(made) === item?.args
}

const MADE_BY_MAP = `\`map\` may only make something of the item itself, of a comparison, or a text of up to ${MAX_REPEATED_TEXT} characters: a device may send very many`

/** The name that a path begins with, as `x` in `x.a[0].b`. */
function rootOf(node: ASTNode): unknown {
  if (node.op === 'id') return node.args
  const [first] = node.op === '.' || node.op === '[]' ? childrenOf(node.args) : []
  return first === undefined ? null : rootOf(first)
}

const comparedTo = (macro: string): string =>
  `within \`${macro}\`, compare the item with something, or with what is written out: a device may send very many`

const ALLOWED =
  'with `==`, `<` and their like, `&&`, `||`, `!`, `? :`, `has`, and `startsWith` or `endsWith` with a text that is written out'

function repeated(macro: string, part: ASTNode): string {
  const why = `\`${macro}\` may only compare each item (${ALLOWED}), since a device may send very many`
  if (part.op !== 'in' || part.args[1].op !== 'list') return `${why}: write this outside of it`
  const text = (node: ASTNode): string => node.input.slice(node.start, node.end)
  const one = part.args[1].args.map((item) => `${text(part.args[0])} == ${text(item)}`).join(' || ')
  return `${why}: write \`${one}\``
}

/** Whether a part is the same for every event. */
const isWritten = (node: ASTNode): boolean => partsOf(node).every(({ op }) => CONSTANT.has(op))
const CONSTANT: ReadonlySet<string> = new Set(['value', 'list', 'map', '-_'])

/** The parts of which one with these `args` is made, in order. */
export function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf)
  return typeof args === 'object' && args !== null && 'op' in args ? [args as ASTNode] : []
}
