import type { ASTNode } from '@marcbachmann/cel-js'
import { bracketed, rewritten, sourceOf } from './condition-source.ts'

/** A type of CEL in plain words. */
export function typeWords(type: string): string {
  if (type.startsWith('list')) return 'a list'
  if (type.startsWith('map')) return 'a map'
  return WORDS[type] ?? `of the type ${type}`
}

const TIME = 'google.protobuf.Timestamp'

const WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  uint: 'an unsigned number',
  double: 'a number with a point',
  bool: 'true or false',
  null: 'null',
  [TIME]: 'a time',
  'google.protobuf.Duration': 'a duration',
}

// What follows are ways to write a part that may be meant, the likeliest first. None of them is checked.

/** Ways to make a truth value of a part of this type. */
export function withoutTruth(node: ASTNode, type: string): readonly string[] {
  if (node.op === 'value') return []
  const source = bracketed(node)
  switch (type) {
    case 'string':
      return [`${source} != ""`]
    case 'int':
      return [`${source} > 0`]
    case 'double':
      return [`${source} > 0.0`]
    case 'bool':
      return [source]
    default:
      return [`size(${sourceOf(node)}) > 0`]
  }
}

/** Ways to say that a part of this type is not there. */
export function negations(node: ASTNode, type: string): readonly string[] {
  const source = bracketed(node)
  if (type === 'string') return [`${source} == ""`]
  return type === 'int' ? [`${source} == 0`] : [`size(${sourceOf(node)}) == 0`]
}

const ORDERS: ReadonlySet<string> = new Set(['<', '<=', '>', '>='])

/** Ways to write a part whose operator does not take what stands on its sides, which are of these types. */
export function operandFixes(
  node: ASTNode,
  [left, right]: readonly [ASTNode, ASTNode],
  [leftType, rightType]: readonly [string, string],
): readonly string[] {
  const { op } = node
  const isOneText = right.op === 'value' && left.op !== 'value'
  const within =
    op === 'in' && rightType === 'string'
      ? [
          isOneText
            ? `${sourceOf(left)} in [${sourceOf(right)}]`
            : `${bracketed(right)}.contains(${sourceOf(left)})`,
        ]
      : []
  const among = op === '==' && rightType.startsWith('list') ? [`${sourceOf(left)} in ${sourceOf(right)}`] : []
  const with_ = (side: ASTNode, texts: readonly string[]) =>
    texts.map((text) => rewritten(node, [side, text]))
  return [
    ...within,
    ...among,
    // A text that stands in an order with a number is meant as a number.
    ...(ORDERS.has(op) ? with_(left, asNumber(left, leftType, rightType)) : []),
    ...(ORDERS.has(op) ? with_(right, asNumber(right, rightType, leftType)) : []),
    ...with_(right, literalsAs(right, leftType)),
    ...with_(left, literalsAs(left, rightType)),
    ...with_(left, converted(left, leftType, rightType)),
    ...with_(right, converted(right, rightType, leftType)),
  ]
}

function asNumber(side: ASTNode, from: string, to: string): readonly string[] {
  return from === 'string' && (to === 'int' || to === 'double') && side.op !== 'value'
    ? [`${to}(${sourceOf(side)})`]
    : []
}

/** A side made like the other one, where CEL can. */
function converted(side: ASTNode, from: string, to: string): readonly string[] {
  if (side.op === 'value') return []
  // Ours are in ms.
  if (from === 'int' && to === TIME) return [`timestamp(${sourceOf(side)} / 1000)`]
  const can =
    (from === 'int' && (to === 'double' || to === 'string')) || (from === 'double' && to === 'string')
  return can ? [`${to}(${sourceOf(side)})`] : []
}

/** A value that is written out as one of another type: `1` of `"1"` and of `1.0`; none where that would mean nothing. */
export function literalsAs(node: ASTNode, type: string): readonly string[] {
  const literal = node.op === '-_' ? node.args : node
  if (literal.op !== 'value') return []
  const value: unknown = literal.args
  if (value === null) return NULLS[type] ?? []
  const text = typeof value === 'string' ? value : sourceOf(node).replace(/u$/i, '')
  switch (type) {
    case 'int':
      return typeof value === 'boolean'
        ? [value ? '1' : '0']
        : /^-?\d+(\.0*)?$/.test(text)
          ? [text.replace(/\.0*$/, '')]
          : []
    case 'double':
      return /^-?\d+$/.test(text) ? [`${text}.0`] : /^-?\d+\.\d+$/.test(text) ? [text] : []
    case 'string':
      return [JSON.stringify(text)]
    case 'bool':
      return BOOLS[text.toLowerCase()] ?? []
    default:
      return []
  }
}

/** What a field of the type is in an event that does not carry it. */
const NULLS: Readonly<Record<string, readonly string[]>> = {
  int: ['0'],
  double: ['0.0'],
  string: ['""'],
  bool: ['false'],
}

const BOOLS: Readonly<Record<string, readonly string[]>> = {
  ...{ true: ['true'], yes: ['true'], 1: ['true'], false: ['false'], no: ['false'], 0: ['false'] },
}
