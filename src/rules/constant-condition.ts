import type { ASTNode } from '@marcbachmann/cel-js'
import { childrenOf, partsOf } from './condition-cost.ts'
import { parseCondition } from './condition-environment.ts'
import { sourceOf } from './condition-source.ts'
import { type Domain, type DomainValue, domainOf, type EventsOfRule } from './field-domain.ts'

/** A part of a condition that is the same for every event of its rule. */
export interface ConstantPart {
  readonly source: string
  readonly value: boolean
  /** The field by which it is told; null: it names none. */
  readonly field: string | null
}

/** What of a condition is the same for every event of its rule. */
export interface Constants {
  /** The whole condition; null: it depends on the event, or nobody knows. */
  readonly whole: boolean | null
  /** The smallest parts that make it so; where the whole is not constant, those that could be left out. */
  readonly parts: readonly ConstantPart[]
}

/**
 * Finds out what of a condition without mistakes cannot be otherwise: parts that name no field, parts that name one field, as
 * they are for every value that it can have (qos is 0, 1 or 2; the topic one that the filters take), and what `&&`, `||`
 * and `!` make of these. Nothing is claimed of payloads and properties.
 */
export function constantsOf(text: string, rule: EventsOfRule): Constants {
  const { ast, part } = parseCondition(text, rule.hooks)

  function alone(node: ASTNode): ConstantPart | null {
    const names = new Set(partsOf(node).flatMap((one) => (one.op === 'id' ? [one.args] : [])))
    const [field = null] = names
    if (names.size > 1) return null
    const domain = field === null ? null : domainOf(field, rule)
    const points = field === null ? [null] : domain === null ? null : pointsOf(node, domain)
    if (points === null) return null
    const evaluate = part(sourceOf(node))
    const found = new Set(
      points.map((value) => evaluate(field === null || value === null ? {} : { [field]: value })),
    )
    const [value = null] = found
    return found.size === 1 && value !== null ? { source: sourceOf(node), value, field } : null
  }

  function constantOf(node: ASTNode): readonly ConstantPart[] | null {
    const own = alone(node)
    if (node.op === '&&' || node.op === '||') {
      // The one value that decides, whatever stands on the other side.
      const decides = node.op === '||'
      const sides = node.args.map(constantOf)
      const deciding = sides.find((side) => side !== null && decisionOf(side) === decides)
      if (deciding !== undefined) return deciding
      if (own === null && sides.every((side) => side !== null)) return sides.flat()
    }
    if (own === null && node.op === '!_') {
      const inner = constantOf(node.args)
      return inner === null
        ? null
        : [{ source: sourceOf(node), value: !decisionOf(inner), field: inner[0]?.field ?? null }]
    }
    return own === null ? null : [own]
  }

  const whole = constantOf(ast)
  if (whole !== null) return { whole: decisionOf(whole), parts: whole }
  const superfluous = (node: ASTNode): readonly ConstantPart[] =>
    node.op === '&&' || node.op === '||' || node.op === '!_'
      ? childrenOf(node.args).flatMap((side) => constantOf(side) ?? superfluous(side))
      : []
  return { whole: null, parts: superfluous(ast) }
}

/** Parts that decide together all have the same value. */
const decisionOf = (parts: readonly ConstantPart[]): boolean => parts[0]?.value ?? false

/** What may be in a part, if the values at some points are to tell all others: nothing that calculates or looks into texts. */
const COMPARING: ReadonlySet<string> = new Set([
  ...['value', 'id', 'list', 'in', '==', '!=', '<', '<=', '>', '>=', '&&', '||', '!_', '?:', '-_'],
])
const ORDERING: ReadonlySet<string> = new Set(['<', '<=', '>', '>='])

/**
 * Values of a field that stand for all that it can have: between them, the part that names it cannot change. null: there are no
 * such, because the part does more than compare the field with what is written out.
 */
function pointsOf(node: ASTNode, domain: Domain): readonly DomainValue[] | null {
  if (domain.kind === 'values') return domain.values
  const parts = partsOf(node)
  const compares = parts.every(
    (part) => COMPARING.has(part.op) && (part.op !== '-_' || part.args.op === 'value'),
  )
  if (!compares) return null
  const literals = parts.flatMap((part) => (part.op === 'value' ? [part.args as unknown] : []))
  if (domain.kind === 'texts') {
    if (parts.some(({ op }) => ORDERING.has(op))) return null
    const texts = literals.filter((literal) => typeof literal === 'string')
    return [...texts.filter(domain.mayBe), otherThan(texts)]
  }
  const numbers = literals.flatMap((literal) => aroundNumber(literal))
  const inside = numbers.filter((number) => number >= 0n && number <= domain.largest)
  return [...new Set([0n, domain.largest, ...inside])]
}

/** What is not written out is all the same to comparisons. */
function otherThan(texts: readonly string[]): string {
  const longest = Math.max(0, ...texts.map(({ length }) => length))
  return '\u0000'.repeat(longest + 1)
}

/** The whole numbers at which a comparison with a number, or with its negative, changes. */
function aroundNumber(literal: unknown): readonly bigint[] {
  if (typeof literal !== 'number' && typeof literal !== 'bigint') return []
  if (!Number.isFinite(Number(literal))) return []
  const floor = BigInt(Math.floor(Number(literal)))
  return [-floor - 1n, -floor, 1n - floor, floor - 1n, floor, floor + 1n, floor + 2n]
}
