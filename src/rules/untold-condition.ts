import type { ASTNode } from '@marcbachmann/cel-js'
import { quoted } from '../text/quoted.ts'
import type { Checker } from './condition-checker.ts'
import { type ConditionProblem, childrenOf, partsOf } from './condition-cost.ts'
import type { PartOutcome } from './condition-environment.ts'
import { rangeOf, sourceOf } from './condition-source.ts'
import { FIELD_OF } from './event-fields.ts'

/** What evaluates the source of a part that names nothing. */
type Outcome = (source: string) => PartOutcome

/**
 * What of a condition fails for every event, though the types are right: a part without names that fails, a division by 0, an
 * item that no list has, a time zone that there is not, a time asked of JSON, which has none. null: nothing is known to.
 */
export function untoldProblem(root: ASTNode, checker: Checker, outcome: Outcome): ConditionProblem | null {
  // The parts of a part come first: the smallest one is told.
  for (const node of partsOf(root).toReversed()) {
    const why = failureOf(node, outcome) ?? timeProblem(node, checker)
    if (why !== null)
      return {
        message: `${quoted(sourceOf(node))} ${ALWAYS[node.op] ?? 'can never be told'}: ${why}`,
        at: rangeOf(node).start,
      }
  }
  return null
}

/** Of what cannot be compared these have a value all the same. */
const ALWAYS: Readonly<Record<string, string>> = { '==': 'is never true', '!=': 'is never false' }

/** What can fail with the right types. */
const MAY_FAIL: ReadonlySet<string> = new Set(['call', 'rcall', '[]', '+', '-', '*', '/', '%', '-_'])

function failureOf(node: ASTNode, outcome: Outcome): string | null {
  if (!MAY_FAIL.has(node.op)) return null
  if (namesNothing(node)) return outcome(sourceOf(node)).failed ? hintOf(node) : null
  const numberOf = (part: ASTNode | undefined): unknown =>
    part !== undefined && namesNothing(part) ? outcome(sourceOf(part)).value : undefined
  if (node.op === '/' || node.op === '%') return numberOf(node.args[1]) === 0n ? hintOf(node) : null
  if (node.op === '[]') {
    const [of, index] = node.args
    const number = numberOf(index)
    if (typeof number !== 'bigint' || of.op === 'map') return null
    return number < 0n || (of.op === 'list' && number >= of.args.length) ? hintOf(node) : null
  }
  if (node.op !== 'rcall') return null
  const [name, , args] = node.args
  if (name === 'substring') {
    const [from, to] = args.map(numberOf)
    const isBackwards = typeof from === 'bigint' && (from < 0n || (typeof to === 'bigint' && to < from))
    return isBackwards ? hintOf(node) : null
  }
  if (!name.startsWith('get') || args.length !== 1 || !args.every(namesNothing)) return null
  return outcome(`timestamp(0).${name}(${args.map(sourceOf).join('')})`).failed
    ? 'there is no such time zone, write one as in `"Europe/Berlin"`'
    : null
}

/** JSON has no times, and properties neither. */
function timeProblem(node: ASTNode, checker: Checker): string | null {
  if (node.op === 'rcall' && node.args[0].startsWith('get')) {
    const [name, receiver, args] = node.args
    return isOfJson(receiver)
      ? `JSON has no times, write ${quoted(`timestamp(${sourceOf(receiver)}).${name}(${args.map(sourceOf).join('')})`)}`
      : null
  }
  if (!COMPARISONS.has(node.op)) return null
  const sides = childrenOf(node.args)
  const json = sides.find(isOfJson)
  const other = sides.find((side) => side !== json)
  if (json === undefined || other === undefined || !MAY_BE_TIMES.has(other.op)) return null
  return checker.typeOf(sourceOf(other)) === 'google.protobuf.Timestamp'
    ? `JSON has no times, write ${quoted(`timestamp(${sourceOf(json)})`)} there`
    : null
}

const MAY_BE_TIMES: ReadonlySet<string> = new Set(['call', '+', '-', '?:'])
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

function isOfJson(node: ASTNode): boolean {
  if (node.op === '.' || node.op === '[]') return isOfJson(node.args[0])
  const type = node.op === 'id' ? FIELD_OF.get(node.args)?.type : undefined
  return type === 'json' || type === 'map'
}

const namesNothing = (node: ASTNode): boolean => partsOf(node).every(({ op }) => op !== 'id')

/** Why a part without names has failed, as far as it shows. */
function hintOf(node: ASTNode): string {
  if (node.op === '/' || node.op === '%') return 'nothing can be divided by 0'
  if (node.op === '[]') return 'there is no such item'
  if (node.op !== 'call' && node.op !== 'rcall') return 'it is too large, write smaller numbers'
  const [name] = node.args
  const [arg] = node.op === 'call' ? node.args[1] : node.args[2]
  const text = arg?.op === 'value' && typeof arg.args === 'string' ? arg.args : ''
  switch (name) {
    case 'timestamp':
      return `write a time as in ${quoted(`timestamp("${/^\d{4}-\d\d-\d\d$/.test(text) ? text : '2026-01-31'}T00:00:00Z")`)}`
    case 'duration':
      return 'write one as in `duration("5m")`'
    case 'substring':
      return 'it ends before it begins, or outside of the text'
    default:
      return NUMBERS.has(name) ? `that is no ${name}, write one` : 'it fails for what stands in it'
  }
}

const NUMBERS: ReadonlySet<string> = new Set(['int', 'uint', 'double', 'bool'])
