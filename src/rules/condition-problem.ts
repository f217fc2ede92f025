import type { HookPoint } from '../hooks.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { hasNameProblem, macroProblem } from './condition-calls.ts'
import { type ConditionProblem, costProblem } from './condition-cost.ts'
import { type CelError, checkerOf, environmentFor, outcomeOf, type Parsed } from './condition-environment.ts'
import { negationProblem } from './condition-negation.ts'
import { numberProblem } from './condition-numbers.ts'
import { hyphenatedPath } from './condition-paths.ts'
import { syntaxProblem } from './condition-syntax.ts'
import { resultProblem, typeProblem } from './condition-types.ts'
import { EVENT_FIELDS, FIELD_OF } from './event-fields.ts'
import { untoldProblem } from './untold-condition.ts'

/** What is wrong with a condition for a rule of these hooks, with the fix; null when nothing is. */
export function conditionProblem(text: string, hooks: readonly HookPoint[]): ConditionProblem | null {
  const environment = environmentFor(hooks)
  let parsed: Parsed
  try {
    parsed = environment.parse(text)
  } catch (error) {
    if (error instanceof RangeError) return { message: 'it is nested too deeply: split the rule', at: 0 }
    return syntaxProblem(text, error as CelError)
  }
  const checker = checkerOf(environment)
  const suspect = { root: parsed.ast, checker }
  const { valid, type = '', error } = parsed.check()
  const fault = error as CelError
  const member = hasNameProblem(suspect)
  if (member !== null) return member
  const negation = valid ? null : negationProblem(suspect, fault.node)
  const numbers = negation ?? numberProblem(parsed.ast)
  if (numbers !== null) return numbers
  if (!valid)
    return (
      macroProblem(suspect, fault) ??
      nameProblem(text, fault, hooks) ??
      typeProblem(parsed.ast, fault, checker)
    )
  // First whether there is such a function at all.
  const costly = costProblem(parsed.ast)
  if (costly !== null) return costly
  if (type !== 'bool' && type !== 'dyn') return resultProblem(parsed.ast, type, checker)
  return untoldProblem(parsed.ast, checker, (source) => outcomeOf(environment, source))
}

/** What is wrong with a name that is no field of all these hooks; null: something else is wrong. */
function nameProblem(
  text: string,
  { code, range }: CelError,
  hooks: readonly HookPoint[],
): ConditionProblem | null {
  if (code !== 'unknown_variable' || range === undefined) return null
  const at = range.start
  const named = hyphenatedPath(text, at)
  if (named === null) return { message: unknownProblem(text.slice(at, range.end), hooks), at }
  return { message: `CEL takes the \`-\` in a name for a minus: write ${quoted(named.path)}`, at: named.at }
}

/** Values as other languages have them. */
const VALUES: Readonly<Record<string, string>> = {
  ...{ none: 'null', nil: 'null', null: 'null', undefined: 'null', true: 'true', false: 'false' },
}

function unknownProblem(name: string, hooks: readonly HookPoint[]): string {
  const field = FIELD_OF.get(name)
  if (field !== undefined) {
    const lacking = hooks.filter((hook) => !field.hooks.has(hook))
    return `${lacking.join(', ')} ${lacking.length === 1 ? 'has' : 'have'} no ${quoted(name)}: use another field, or split the rule`
  }
  const usable = EVENT_FIELDS.filter(({ hooks: having }) => hooks.every((hook) => having.has(hook)))
  const names = usable.map(({ name: one }) => one)
  const value = VALUES[name.toLowerCase()]
  if (value !== undefined) return `\`${name}\` is not known: write \`${value}\``
  const meant = didYouMean(name, names)
  const fix =
    meant === undefined
      ? `: use one of ${names.join(', ')}, or write a text in quotes, as in ${quoted(`"${name}"`)}`
      : `, did you mean \`${meant}\`?`
  return `there is no field ${quoted(name)}${fix}`
}
