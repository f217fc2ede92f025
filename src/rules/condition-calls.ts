import type { ASTNode } from '@marcbachmann/cel-js'
import { didYouMean } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { described, fixed, type Suspect, shown } from './condition-checker.ts'
import { COMPREHENSIONS, type ConditionProblem, partsOf } from './condition-cost.ts'
import { literalsAs, withoutTruth } from './condition-fixes.ts'
import { hyphenatedPath } from './condition-paths.ts'
import { bracketed, rangeOf, rewritten, sourceOf } from './condition-source.ts'
import { negated } from './condition-words.ts'

/** Names of other languages, and how CEL has them. */
const MEANT: Readonly<Record<string, string>> = {
  ...{ lower: 'lowerAscii', lowercase: 'lowerAscii', tolowercase: 'lowerAscii' },
  ...{ upper: 'upperAscii', uppercase: 'upperAscii', touppercase: 'upperAscii' },
  ...{ length: 'size', len: 'size', count: 'size', includes: 'contains', substr: 'substring' },
  ...{ some: 'exists', any: 'exists', every: 'all' },
  ...{ float: 'double', number: 'double', tonumber: 'double', str: 'string', tostring: 'string' },
}

/** What is wrong with a call of a function or a method that is none, or takes something else. */
export function callProblem(suspect: Suspect, node: ASTNode): ConditionProblem | null {
  if (node.op !== 'call' && node.op !== 'rcall') return null
  const [name] = node.args
  const [one, others] =
    node.op === 'call' ? (['functions', 'methods'] as const) : (['methods', 'functions'] as const)
  const known = suspect.checker[one]
  const forms = known.get(name)
  if (forms !== undefined && node.op === 'rcall' && name === 'exists' && node.args[2].length < 2) {
    const message = ownProblem(suspect, node, name)
    if (message !== null) return { message, at: rangeOf(node).start }
  }
  if (forms !== undefined)
    return { message: `${wrongArguments(suspect, node, forms)}`, at: rangeOf(node).start }
  const at =
    node.op === 'call'
      ? node.start
      : node.start + node.input.slice(node.start, node.end).lastIndexOf(`${name}(`)
  const own = ownProblem(suspect, node, name)
  if (own !== null) return { message: own, at: Math.max(at, node.start) }
  const meant =
    MEANT[name.toLowerCase()] ?? didYouMean(name, [...known.keys(), ...suspect.checker[others].keys()])
  const form = meant === undefined ? undefined : (known.get(meant) ?? suspect.checker[others].get(meant))?.[0]
  const fix =
    form === undefined ? `: use one of ${[...known.keys()].join(', ')}` : `, did you mean ${quoted(form)}?`
  return { message: `there is no ${one.slice(0, -1)} ${quoted(name)}${fix}`, at: Math.max(at, node.start) }
}

/** What other languages have for what is an operator here, or `has`. */
function ownProblem(suspect: Suspect, node: ASTNode & { op: 'call' | 'rcall' }, name: string): string | null {
  const { input, start } = node
  if (node.op === 'call' && name.toLowerCase() === 'not')
    return `there is no function \`${name}\`: write ${quoted(negated(input, start + input.slice(start).search(/[^\sA-Za-z]/)))}`
  if (name !== 'exists') return null
  const [arg, ...others] = node.op === 'call' ? node.args[1] : node.args[2]
  if (arg === undefined || others.length > 0) return null
  const member = node.op === 'rcall' && arg.op === 'value' && typeof arg.args === 'string' ? arg.args : null
  const of = node.op === 'rcall' ? sourceOf(node.args[1]) : ''
  const fixes =
    node.op === 'call'
      ? [`has(${sourceOf(arg)})`, ...memberFixes(arg)]
      : member === null
        ? []
        : [...(/^[A-Za-z_]\w*$/.test(member) ? [`has(${of}.${member})`] : []), `${sourceOf(arg)} in ${of}`]
  const fix = fixed(suspect, node, fixes)
  return fix === '' ? null : `\`exists\` looks at the items of a list, \`has\` asks for a member${fix}`
}

/** A macro of another language, or one that is asked of nothing, whose name for the item is then unknown. */
export function macroProblem(
  suspect: Suspect,
  { code, node: unknown }: { readonly code?: string; readonly node?: unknown },
): ConditionProblem | null {
  if (code !== 'unknown_variable') return null
  for (const node of partsOf(suspect.root)) {
    if (node.op !== 'call' && node.op !== 'rcall') continue
    const [name] = node.args
    const [item] = node.op === 'call' ? node.args[1] : node.args[2]
    if (item?.op !== 'id' || item !== unknown) continue
    if (COMPREHENSIONS.has(MEANT[name.toLowerCase()] ?? name)) return callProblem(suspect, node)
  }
  return null
}

/** `has` of a member whose name has a `-` in it. */
export function hasNameProblem(suspect: Suspect): ConditionProblem | null {
  for (const node of partsOf(suspect.root)) {
    if (node.op !== 'call' || node.args[0] !== 'has') continue
    const arg = node.args[1].find(({ op }) => op === '-')
    const named = arg === undefined ? null : hyphenatedPath(arg.input, rangeOf(arg).start)
    const [, of, member] = /^(.*)\["([^"]*)"\]$/.exec(named?.path ?? '') ?? []
    const fixes = member === undefined ? [`has(${named?.path})`] : [`"${member}" in ${of}`]
    const fix = named === null ? '' : fixed(suspect, node, fixes)
    if (fix !== '') return { message: `CEL takes the \`-\` in a name for a minus${fix}`, at: node.start }
  }
  return null
}

/** A time of the event in ms, or a text with a time, of which something like its hour is asked. */
function timeFixes(suspect: Suspect, node: ASTNode): readonly string[] {
  if (node.op !== 'rcall' || !node.args[0].startsWith('get')) return []
  const [name, receiver, args] = node.args
  const type = suspect.checker.typeOf(sourceOf(receiver))
  const source = type === 'int' ? `${bracketed(receiver)} / 1000` : sourceOf(receiver)
  return [`timestamp(${source}).${name}(${args.map(sourceOf).join(', ')})`]
}

function wrongArguments(
  suspect: Suspect,
  node: ASTNode & { op: 'call' | 'rcall' },
  forms: readonly string[],
): string {
  const args = node.op === 'call' ? node.args[1] : node.args[2]
  const receiver = node.op === 'rcall' ? [node.args[1]] : []
  const given = [...receiver, ...args].map((arg) => described(suspect, arg))
  const fixes = [
    ...timeFixes(suspect, node),
    ...args.flatMap((arg) =>
      ['string', 'int', 'double'].flatMap((type) =>
        literalsAs(arg, type).map((text) => rewritten(node, [arg, text])),
      ),
    ),
  ]
  const fix = fixed(suspect, node, fixes) || `: write ${forms.map(quoted).join(' or ')}`
  return `\`${node.args[0]}\` does not take this${given.length === 0 ? '' : `, ${given.join(', ')}`}${fix}`
}

/** What is wrong with a call of `has`, which asks for a member by its name. */
export function hasProblem(suspect: Suspect, node: ASTNode): ConditionProblem | null {
  const call = partsOf(suspect.root).find(
    (part) =>
      part.op === 'call' && part.args[0] === 'has' && part.args[1].some((arg) => partsOf(arg).includes(node)),
  )
  const arg = call?.op === 'call' ? call.args[1][0] : undefined
  if (call === undefined || arg === undefined) return null
  const at = call.start
  const type = arg.op === 'id' ? suspect.checker.typeOf(sourceOf(arg)) : null
  if (type !== null && type !== 'dyn') {
    const fix = fixed(suspect, call, withoutTruth(arg, type)) || ': remove this'
    return { message: `${shown(arg)} is always there, empty where an event does not carry it${fix}`, at }
  }
  const fix = fixed(suspect, call, memberFixes(arg))
  return { message: `\`has\` asks for a member by its name, as in \`has(payload.a)\`${fix}`, at }
}

function memberFixes(arg: ASTNode): readonly string[] {
  if (arg.op === '.') return [`${JSON.stringify(arg.args[1])} in ${sourceOf(arg.args[0])}`]
  return arg.op === '[]' ? [`${sourceOf(arg.args[1])} in ${sourceOf(arg.args[0])}`] : []
}
