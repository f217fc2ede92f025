import type { ASTNode } from '@marcbachmann/cel-js'
import { quoted } from '../text/quoted.ts'
import { callProblem, hasProblem } from './condition-calls.ts'
import { type Checker, described, fixed, type Suspect, shown } from './condition-checker.ts'
import { type ConditionProblem, childrenOf, partsOf } from './condition-cost.ts'
import { negations, operandFixes, typeWords, withoutTruth } from './condition-fixes.ts'
import { rangeOf, sourceOf } from './condition-source.ts'

/** What the library tells of a part that cannot be. */
export interface TypeFault {
  readonly code?: string
  readonly summary?: string
  readonly node?: unknown
  readonly range?: { readonly start: number }
}

/** What of a condition cannot be, in words of its fields, with a fix that the library takes, where one is found. */
export function typeProblem(root: ASTNode, fault: TypeFault, checker: Checker): ConditionProblem {
  const node = partsOf(root).find((part) => part === fault.node)
  const message = node === undefined ? null : explained({ root, checker }, node, fault)
  if (typeof message === 'object' && message !== null) return message
  const at = node === undefined ? (fault.range?.start ?? 0) : rangeOf(node).start
  return { message: message ?? `this cannot be: ${fault.summary ?? UNKNOWN_TYPES}`, at }
}

/** The library gives no reason where it cannot tell which of its operators is meant. */
const UNKNOWN_TYPES = 'nobody knows the type of what an empty list or map holds, write something into it'

/** What of a whole condition is no truth value, with the fix. */
export function resultProblem(root: ASTNode, type: string, checker: Checker): ConditionProblem {
  const fix = fixed({ root, checker }, root, withoutTruth(root, type))
  return {
    message: `it makes ${typeWords(type)}, not true or false${fix || COMPARE}`,
    at: rangeOf(root).start,
  }
}

const COMPARE = ': compare it with something'

/** A message for the place of the node, or one with a place of its own. */
type Explained = string | ConditionProblem | null

function explained(suspect: Suspect, node: ASTNode, { code, summary = '' }: TypeFault): Explained {
  switch (code) {
    case 'no_such_overload':
      return operatorProblem(suspect, node, summary)
    case 'invalid_logical_operand':
      return operandProblem(suspect, node)
    case 'invalid_condition_type':
      return notTrueOrFalse(suspect, node)
    case 'no_matching_overload':
      return callProblem(suspect, node)
    case 'invalid_macro_argument':
      return hasProblem(suspect, node)
    case 'cannot_index_type':
      return indexProblem(suspect, node)
    case 'invalid_index_type':
      return node.op === '.' || node.op === '[]'
        ? `${described(suspect, node.args[0])}: read ${isList(suspect, node.args[0]) ? 'its items by their numbers, as in `[0]`' : 'its members by their names, as in `["a"]`'}`
        : null
    case 'incompatible_ternary_branches':
      return 'both results of `? :` must be of one type, and these are not: write them alike'
    case 'heterogeneous_list_element':
      return `the items of a list must be of one type, and ${shown(node)} is of another than the first: write them alike`
    case 'invalid_comprehension_range':
      return `${described(suspect, node)}, which has no items: name a list`
    default:
      return null
  }
}

const isList = ({ checker }: Suspect, node: ASTNode): boolean =>
  checker.typeOf(sourceOf(node))?.startsWith('list') === true

function operatorProblem(suspect: Suspect, node: ASTNode, summary: string): Explained {
  const { op } = node
  if (op === '!_' || op === '-_') {
    const type = suspect.checker.typeOf(sourceOf(node.args))
    const fixes =
      type === null ? [] : op === '!_' ? negations(node.args, type) : [`-double(${sourceOf(node.args)})`]
    return `${described(suspect, node.args)}, which has no \`${op[0]}\`${fixed(suspect, node, fixes) || ': remove it'}`
  }
  const [left, right] = childrenOf(node.args)
  // `no such overload: int == string` also knows the types of what only the surroundings tell.
  const types = summary.slice('no such overload: '.length).split(` ${op} `)
  const [leftType, rightType] = types
  if (left === undefined || right === undefined || leftType === undefined || rightType === undefined)
    return null
  const fix = fixed(suspect, node, operandFixes(node, [left, right], [leftType, rightType]))
  const words = `${shown(left)} is ${typeWords(leftType)} and ${shown(right)} ${typeWords(rightType)}`
  return `${words}${fix || `: \`${op}\` does not take them together`}`
}

function operandProblem(suspect: Suspect, node: ASTNode): Explained {
  const isWrong = (side: ASTNode): boolean => {
    const type = suspect.checker.typeOf(sourceOf(side))
    return type !== null && type !== 'bool' && type !== 'dyn'
  }
  const wrong = childrenOf(node.args).find(isWrong)
  return wrong === undefined ? null : { message: notTrueOrFalse(suspect, wrong), at: rangeOf(wrong).start }
}

function notTrueOrFalse(suspect: Suspect, node: ASTNode): string {
  const type = suspect.checker.typeOf(sourceOf(node))
  const fix = type === null ? '' : fixed(suspect, node, withoutTruth(node, type))
  return `${described(suspect, node)}, not true or false${fix || COMPARE}`
}

function indexProblem(suspect: Suspect, node: ASTNode): Explained {
  if (node.op !== '.' && node.op !== '[]') return null
  const [of, index] = node.args
  const source = sourceOf(of)
  if (typeof index === 'string') {
    const fix = fixed(suspect, node, /^(length|size)$/.test(index) ? [`size(${source})`] : [])
    return `${described(suspect, of)}, which has no ${quoted(index)}${fix || ': remove it'}`
  }
  const number = sourceOf(index)
  if (source === 'topic')
    return `the levels of \`topic\` are no list${fixed(suspect, node, [`topic.split("/")[${number}]`]) || ': remove the index'}`
  const next = /^\d{1,5}$/.test(number) ? [`${source}.substring(${number}, ${Number(number) + 1})`] : []
  return `${described(suspect, of)}, which has no items${fixed(suspect, node, next) || ': remove the index'}`
}
