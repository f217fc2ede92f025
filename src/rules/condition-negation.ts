import { fixed, type Suspect, shown } from './condition-checker.ts'
import { type ConditionProblem, childrenOf, partsOf } from './condition-cost.ts'
import { rangeOf, sourceOf } from './condition-source.ts'

/** What a comparison is that is not so; what is not here is put in brackets behind the `!`. */
const OPPOSITE: Readonly<Record<string, string>> = { '==': '!=', '!=': '==' }
const COMPARES: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', 'in'])

/**
 * A comparison whose `!` was meant for the whole of it, as in `!username in ["a"]`: CEL takes it for what stands next to it.
 * null: what the library has found wrong at `fault` is something else.
 */
export function negationProblem(suspect: Suspect, fault: unknown): ConditionProblem | null {
  for (const node of partsOf(suspect.root)) {
    if (!COMPARES.has(node.op)) continue
    const [left, right] = childrenOf(node.args)
    if (left?.op !== '!_' || right === undefined || (fault !== node && fault !== left)) continue
    const { start, end } = rangeOf(node)
    if (node.input[start] !== '!') continue
    const opposite = OPPOSITE[node.op]
    const meant =
      opposite === undefined
        ? `!(${node.input.slice(start + 1, end).trim()})`
        : `${sourceOf(left.args)} ${opposite} ${sourceOf(right)}`
    const fix = fixed(suspect, node, [meant]) || ': put brackets around what it is meant for'
    return { message: `the \`!\` is only for ${shown(left.args)}${fix}`, at: start }
  }
  return null
}
