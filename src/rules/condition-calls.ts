import type { ASTNode } from '@marcbachmann/cel-js'
import { didYouMean } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { described, fixed, type Suspect, shown } from './condition-checker.ts'
import { type ConditionProblem, partsOf } from './condition-cost.ts'
import { literalsAs, withoutTruth } from './condition-fixes.ts'
import { rangeOf, rewritten, sourceOf } from './condition-source.ts'

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
  if (forms !== undefined)
    return { message: `${wrongArguments(suspect, node, forms)}`, at: rangeOf(node).start }
  const at =
    node.op === 'call'
      ? node.start
      : node.start + node.input.slice(node.start, node.end).lastIndexOf(`${name}(`)
  const meant =
    MEANT[name.toLowerCase()] ?? didYouMean(name, [...known.keys(), ...suspect.checker[others].keys()])
  const form = meant === undefined ? undefined : (known.get(meant) ?? suspect.checker[others].get(meant))?.[0]
  const fix =
    form === undefined ? `: use one of ${[...known.keys()].join(', ')}` : `, did you mean ${quoted(form)}?`
  return { message: `there is no ${one.slice(0, -1)} ${quoted(name)}${fix}`, at: Math.max(at, node.start) }
}

function wrongArguments(
  suspect: Suspect,
  node: ASTNode & { op: 'call' | 'rcall' },
  forms: readonly string[],
): string {
  const args = node.op === 'call' ? node.args[1] : node.args[2]
  const receiver = node.op === 'rcall' ? [node.args[1]] : []
  const given = [...receiver, ...args].map((arg) => described(suspect, arg))
  const fixes = args.flatMap((arg) =>
    ['string', 'int', 'double'].flatMap((type) =>
      literalsAs(arg, type).map((text) => rewritten(node, [arg, text])),
    ),
  )
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
