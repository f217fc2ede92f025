import type { ASTNode } from '@marcbachmann/cel-js'
import type { HookPoint } from '../hooks.ts'
import type { ConditionProblem } from './condition-cost.ts'
import { environmentFor } from './condition-environment.ts'
import { conditionProblem } from './condition-problem.ts'
import { rangeOf, type SourceRange } from './condition-source.ts'

/** Sides of a mistaken condition beyond these are looked at when the others are mended: each is a check of its own. */
const MAX_SIDES = 20

/**
 * Everything that is wrong with a condition for a rule of these hooks, in its order: one problem of each side of its `&&` and
 * `||`. Of one that is no CEL only the first, as nobody knows its sides then.
 */
export function conditionProblems(text: string, hooks: readonly HookPoint[]): readonly ConditionProblem[] {
  const first = conditionProblem(text, hooks)
  if (first === null) return []
  const problemOf = ({ start, end }: SourceRange): ConditionProblem | null => {
    // With blanks before it a side keeps its place.
    const side = `${' '.repeat(start)}${text.slice(start, end)}`
    return parsed(side, hooks) === null ? null : conditionProblem(side, hooks)
  }
  const isOfFirst = ({ start, end }: SourceRange): boolean => first.at >= start && first.at < end
  const sides = sidesOf(text, hooks)
  const others = sides
    .filter((side) => !isOfFirst(side))
    .slice(0, MAX_SIDES)
    .flatMap((side) => problemOf(side) ?? [])
  if (others.length === 0) return [first]
  // By itself it has a fix, where the mistakes of the others hide that it would be one.
  const alone = sides.filter(isOfFirst).map(problemOf)[0]
  return [alone?.at === first.at ? alone : first, ...others].sort((a, b) => a.at - b.at)
}

function sidesOf(text: string, hooks: readonly HookPoint[]): readonly SourceRange[] {
  const root = parsed(text, hooks)
  if (root === null) return []
  const sides = (node: ASTNode): readonly SourceRange[] =>
    node.op === '&&' || node.op === '||' ? node.args.flatMap(sides) : [rangeOf(node)]
  const found = sides(root)
  return found.length > 1 ? found : []
}

function parsed(text: string, hooks: readonly HookPoint[]): ASTNode | null {
  try {
    return environmentFor(hooks).parse(text).ast
  } catch {
    return null
  }
}
