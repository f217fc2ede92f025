import type { ASTNode } from '@marcbachmann/cel-js'
import { quoted } from '../text/quoted.ts'
import { COMPREHENSIONS, type ConditionProblem, childrenOf, partsOf } from './condition-cost.ts'
import { hyphenatedPath } from './condition-paths.ts'
import { rangeOf, rewritten } from './condition-source.ts'
import { FIELD_OF } from './event-fields.ts'

/**
 * What of a condition about numbers could never be told, though the library's check takes it, since it knows nothing of
 * payloads: a number of JSON is of the type double, and CEL calculates only with numbers of one type. null: nothing.
 */
export function numberProblem(root: ASTNode): ConditionProblem | null {
  return inexactProblem(root) ?? calculationProblem(root)
}

function inexactProblem(root: ASTNode): ConditionProblem | null {
  const parts = partsOf(root)
  for (const node of parts) {
    if (node.op !== 'value' || !isInexactInt(node.args)) continue
    const minus = parts.find((part) => part.op === '-_' && part.args === node)
    const source = raw(minus ?? node)
    const compared = parts.find((part) => childrenOf(part.args).includes(minus ?? node))
    if (compared !== undefined && ORDERED.has(compared.op) && !namesPayload(compared))
      return {
        message: `\`${source}\` is beyond 2^53 - 1, which no number of an event is: write a smaller one`,
        at: (minus ?? node).start,
      }
    const message = `\`${source}\` is beyond 2^53 - 1, from where on numbers of JSON are not exact: have it sent as text, and write \`"${source}"\``
    return { message, at: (minus ?? node).start }
  }
  return null
}

const ORDERED: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

/** Whether a part reads the payload; the items of lists are not told apart from it. */
const namesPayload = (node: ASTNode): boolean =>
  partsOf(node).some((part) => part.op === 'id' && FIELD_OF.get(part.args)?.type !== 'int')

/** CEL's int is a BigInt here, its uint an object that holds one. */
function isInexactInt(value: unknown): boolean {
  const int: unknown = typeof value === 'object' && value !== null ? value.valueOf() : value
  return typeof int === 'bigint' && int > BigInt(Number.MAX_SAFE_INTEGER)
}

/** What a part is for sure. `json`: a value of the payload, so never an int; `number`: a double made of one. */
type Kind = 'json' | 'number' | 'int' | 'double' | 'string' | 'other'
const OF_JSON: ReadonlySet<Kind> = new Set(['json', 'number'])

const CALCULATIONS: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%'])

/** Functions and methods that make something of one type, whatever they get. */
const MAKES: Readonly<Record<string, Kind>> = {
  ...{ int: 'int', size: 'int', indexOf: 'int', lastIndexOf: 'int', double: 'double', string: 'string' },
  ...{ lowerAscii: 'string', upperAscii: 'string', trim: 'string', substring: 'string', join: 'string' },
}

/** Stops at the first problem, in the order of evaluation. */
function calculationProblem(root: ASTNode): ConditionProblem | null {
  let found: ConditionProblem | null = null

  /** `items`: the names that stand for an item of a list or a map of the payload. */
  function kindOf(node: ASTNode, items: ReadonlySet<string>): Kind {
    switch (node.op) {
      case 'value':
        return kindOfLiteral(node.args)
      case 'id':
        return items.has(node.args) ? 'json' : kindOfField(node.args)
      case '.':
        return kindOf(node.args[0], items) === 'json' ? 'json' : 'other'
      case '[]':
        kindOf(node.args[1], items)
        return kindOf(node.args[0], items) === 'json' ? 'json' : 'other'
      case '-_': {
        const kind = kindOf(node.args, items)
        return kind === 'json' ? 'number' : kind
      }
      case '?:': {
        const [, yes, no] = node.args.map((arg) => kindOf(arg, items))
        return yes === no ? (yes as Kind) : 'other'
      }
      case 'call':
        for (const arg of node.args[1]) kindOf(arg, items)
        return MAKES[node.args[0]] ?? 'other'
      case 'rcall':
        return kindOfMethod(node.args, items)
      default: {
        const sides = childrenOf(node.args)
        const kinds = sides.map((side) => kindOf(side, items))
        if (!CALCULATIONS.has(node.op)) return 'other'
        const [left, right] = sides as [ASTNode, ASTNode]
        found ??= problemOf(node, [left, right], kinds as [Kind, Kind])
        return resultOf(node.op, kinds as [Kind, Kind])
      }
    }
  }

  function kindOfMethod(
    [name, receiver, args]: [string, ASTNode, ASTNode[]],
    items: ReadonlySet<string>,
  ): Kind {
    const of = kindOf(receiver, items)
    const [item] = args
    const own = COMPREHENSIONS.has(name) && item?.op === 'id' ? item.args : null
    const inner = own === null ? items : withItem(items, own, of === 'json')
    for (const arg of own === null ? args : args.slice(1)) kindOf(arg, inner)
    return MAKES[name] ?? 'other'
  }

  kindOf(root, new Set())
  return found
}

function withItem(items: ReadonlySet<string>, name: string, isJson: boolean): ReadonlySet<string> {
  const more = new Set(items)
  if (isJson) more.add(name)
  else more.delete(name)
  return more
}

function kindOfLiteral(value: unknown): Kind {
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'double'
  return typeof value === 'string' ? 'string' : 'other'
}

function kindOfField(name: string): Kind {
  const type = FIELD_OF.get(name)?.type
  return type === 'json' || type === 'int' || type === 'string' ? type : 'other'
}

function resultOf(op: string, [left, right]: readonly [Kind, Kind]): Kind {
  const isNumber = [left, right].some((kind) => kind === 'number' || kind === 'double')
  if (left === right) return left === 'json' && op !== '+' ? 'number' : left
  if (!OF_JSON.has(left) && !OF_JSON.has(right)) return 'other'
  if (isNumber || op !== '+') return 'number'
  return left === 'json' ? right : left
}

function problemOf(
  node: ASTNode,
  [left, right]: readonly [ASTNode, ASTNode],
  [leftKind, rightKind]: readonly [Kind, Kind],
): ConditionProblem | null {
  if (!OF_JSON.has(leftKind) && !OF_JSON.has(rightKind)) return null
  const at = rangeOf(node).start
  const named = node.op === '-' ? hyphenatedPath(node.input, at) : null
  const hint = named === null ? '' : `a name with a \`-\` in it is written ${quoted(named.path)}`
  const has = (kind: Kind): boolean => leftKind === kind || rightKind === kind
  if (node.op === '%') {
    const fix = rewritten(node, [left, asInt(left, leftKind)], [right, asInt(right, rightKind)])
    return { message: `\`%\` is for whole numbers, and one of JSON is a double: write ${quoted(fix)}`, at }
  }
  if (has('int')) {
    const fix = rewritten(node, [left, asDouble(left, leftKind)], [right, asDouble(right, rightKind)])
    const message = `a number of JSON is a double, and CEL does not calculate with a double and a whole number: write ${quoted(fix)}`
    return { message: hint === '' ? message : `${message}; ${hint}`, at }
  }
  if (!has('string') || node.op === '+') return null
  return { message: `\`${node.op}\` is not for texts: ${hint || 'calculate with numbers'}`, at }
}

const asInt = (side: ASTNode, kind: Kind): string => (kind === 'int' ? raw(side) : `int(${raw(side)})`)

function asDouble(side: ASTNode, kind: Kind): string {
  if (kind !== 'int') return raw(side)
  return /^-?\d+$/.test(raw(side)) ? `${raw(side)}.0` : `double(${raw(side)})`
}

/** Brackets around it stay where they are. */
const raw = ({ input, start, end }: ASTNode): string => input.slice(start, end)
