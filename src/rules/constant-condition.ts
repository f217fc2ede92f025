import type { ASTNode } from '@marcbachmann/cel-js'
import type { HookPoint } from '../hooks.ts'
import { parseCondition } from './condition.ts'
import { partsOf } from './condition-cost.ts'

/**
 * What a condition without mistakes is for every event, as far as its parts without fields tell: `false && payload.a` is
 * false, `1 > 2 || qos > 0` is not constant. null: it depends on the event, or nobody knows.
 */
export function constantCondition(text: string, hooks: readonly HookPoint[]): boolean | null {
  const { ast, evaluate } = parseCondition(text, hooks)

  function constantOf(node: ASTNode): boolean | null {
    if (node.op === '&&' || node.op === '||') {
      // The one value that decides, whatever stands on the other side.
      const decides = node.op === '||'
      const sides = node.args.map(constantOf)
      if (sides.includes(decides)) return decides
      return sides.includes(null) ? null : !decides
    }
    if (node.op === '!_') {
      const inner = constantOf(node.args)
      return inner === null ? null : !inner
    }
    if (partsOf(node).some(({ op }) => op === 'id')) return null
    return evaluate(text.slice(node.start, node.end))
  }

  return constantOf(ast)
}
