import type { ASTNode } from '@marcbachmann/cel-js'
import { COMPREHENSIONS, partsOf } from './condition-cost.ts'
import { outcomeOf, parseCondition } from './condition-environment.ts'
import { sourceOf } from './condition-source.ts'
import { domainOf, type EventsOfRule } from './field-domain.ts'
import { SUBSCRIPTION_HOOKS } from './rule-input.ts'
import { mostLevels } from './topic-levels.ts'

/** A part of a condition that fails for every event of its rule. */
export interface UntoldPart {
  readonly source: string
  /** Why, to follow it; or nothing. */
  readonly why: string
}

/**
 * The smallest parts of a condition without mistakes that fail for every event of this rule: levels that no topic of its filters
 * has, and what names one field and fails for each of the few values that it can have.
 */
export function untoldParts(text: string, rule: EventsOfRule): readonly UntoldPart[] {
  const { ast, environment } = parseCondition(text, rule.hooks)

  const items = itemNames(ast)

  function whyUntold(node: ASTNode): string | null {
    const names = [...new Set(partsOf(node).flatMap((part) => (part.op === 'id' ? [part.args] : [])))]
    const [field] = names
    if (field === undefined || names.length > 1 || items.has(field) || !MAY_FAIL.has(node.op)) return null
    const lacking = lackingLevel(node, rule)
    if (lacking !== null) return lacking
    const domain = domainOf(field, rule)
    if (domain?.kind !== 'values' || domain.values.length === 0) return null
    const source = sourceOf(node)
    const fails = domain.values.every((value) => outcomeOf(environment, source, { [field]: value }).failed)
    return fails ? '' : null
  }

  const found: ASTNode[] = []
  const reasons: UntoldPart[] = []
  for (const node of partsOf(ast).toReversed()) {
    const inner = partsOf(node)
    if (found.some((part) => inner.includes(part))) continue
    const why = whyUntold(node)
    if (why === null) continue
    found.push(node)
    reasons.unshift({ source: sourceOf(node), why })
  }
  return reasons.filter(
    ({ source }, index) => reasons.findIndex((other) => other.source === source) === index,
  )
}

/** The names for items of lists, which may be those of fields. */
const itemNames = (ast: ASTNode): ReadonlySet<string> =>
  new Set(
    partsOf(ast).flatMap((node) => {
      const [item] = node.op === 'rcall' && COMPREHENSIONS.has(node.args[0]) ? node.args[2] : []
      return item?.op === 'id' ? [item.args] : []
    }),
  )

const MAY_FAIL: ReadonlySet<string> = new Set(['call', 'rcall', '[]', '/', '%'])

/** Why `topic.split("/")[n]` is never there; null: it may be, or it is something else. */
function lackingLevel(node: ASTNode, { hooks, filters }: EventsOfRule): string | null {
  const index = /^topic\.split\("\/"\)\[(\d{1,9})\]$/.exec(sourceOf(node))?.[1]
  // A shared subscription has levels in front of those of the filter.
  if (index === undefined || filters === null || hooks.some((hook) => SUBSCRIPTION_HOOKS.has(hook)))
    return null
  const most = Math.max(...filters.map((filter) => mostLevels(filter, hooks)))
  return Number(index) < most
    ? null
    : `, as the filters take topics of ${most} ${most === 1 ? 'level' : 'levels'} at most`
}
