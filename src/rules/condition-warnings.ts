import { quoted } from '../text/quoted.ts'
import { type ConstantPart, constantsOf } from './constant-condition.ts'
import { type Domain, domainOf, type EventsOfRule } from './field-domain.ts'
import type { RuleConfig } from './rule-config.ts'
import { untoldParts } from './untold-parts.ts'

/** What of a rule's condition is the same for every event that it is asked of, each in one sentence. */
export function conditionWarnings(rule: RuleConfig): readonly string[] {
  if (rule.when === null) return []
  const untold = untoldParts(rule.when, rule)
  if (untold.length > 0)
    return untold.map(
      ({ source, why }) =>
        `in \`when\`, ${quoted(source)} can never be told${why}: correct it, or leave it out`,
    )
  const { whole, parts } = constantsOf(rule.when, rule)
  const reasons = [...new Set(parts.map((part) => reasonOf(part, rule)))].join('')
  if (whole === false) return [`it never matches: \`when\` is false for every event${reasons}`]
  if (whole === true) return [`\`when\` is true for every event${reasons}: remove it`]
  return parts.map(
    ({ source, value, field }) =>
      `in \`when\`, ${quoted(source)} is ${value} for every event${field === null ? '' : domainWords(field, rule)}: correct it, or leave it out`,
  )
}

function reasonOf({ source, field }: ConstantPart, rule: RuleConfig): string {
  if (field === null) return ''
  const isWhole = source === rule.when?.trim()
  return `${isWhole ? '' : `, since ${quoted(source)} is`}${domainWords(field, rule)}`
}

/** More values than this are not told. */
const MAX_TOLD = 4

function domainWords(field: string, rule: EventsOfRule): string {
  const domain = domainOf(field, rule)
  const values = domain === null ? null : wordsOf(domain)
  if (values !== null) return `, \`${field}\` being ${values}`
  return field === 'topic' ? ', `topic` being one that the filters take' : ''
}

function wordsOf(domain: Domain): string | null {
  if (domain.kind === 'numbers') return `0 to ${domain.largest}`
  if (domain.kind === 'texts' || domain.values.length > MAX_TOLD) return null
  const values = domain.values.map((value) => (typeof value === 'string' ? quoted(value) : String(value)))
  const last = values.at(-1) ?? ''
  return values.length > 1 ? `${values.slice(0, -1).join(', ')} or ${last}` : last
}
