import fc from 'fast-check'
import { expect, it } from 'vitest'
import { coversAll } from '../../src/rules/filter-cover.ts'
import type { RuleConfig } from '../../src/rules/rule-config.ts'
import { readRules } from '../../src/rules/rule-file.ts'
import { createTwiceWritten } from '../../src/rules/twice-written.ts'

/** Each rule with each other one, as the promise says. */
function plainly(rules: readonly RuleConfig[], index: number): number {
  const rule = rules[index] as RuleConfig
  const takes = (wide: RuleConfig, narrow: RuleConfig) =>
    wide.topic === narrow.topic &&
    wide.hooks.some((hook) => narrow.hooks.includes(hook)) &&
    [null, narrow.when].includes(wide.when) &&
    coversAll(narrow.exclude, wide.exclude) &&
    (wide.filters === null || (narrow.filters !== null && coversAll(wide.filters, narrow.filters)))
  return rules.findIndex(
    (other, at) => at !== index && other.enabled && takes(other, rule) && (at < index || !takes(rule, other)),
  )
}

const filters = fc.constantFrom(
  '"#"',
  '+/#',
  '+',
  'a',
  'a/b',
  'a/+',
  'a/#',
  '[a/b, c]',
  '[c, a/#]',
  '$x/a',
  '$x/#',
)
const rule = fc
  .record({
    hook: fc.constantFrom('message.publish', 'message.acked', '[message.publish, message.acked]'),
    topic: fc.constantFrom('t', 'u'),
    filter: fc.option(filters, { freq: 4 }),
    exclude: fc.option(fc.constantFrom('a/b', 'a/#', '+/b'), { freq: 1 }),
    when: fc.option(fc.constantFrom('qos > 0', 'qos > 1'), { freq: 1 }),
    enabled: fc.option(fc.constant('false'), { freq: 1 }),
  })
  .map((fields) =>
    Object.entries(fields).flatMap(([key, value]) => (value === null ? [] : `${key}: ${value}`)),
  )
  .map((fields) => `  - {${fields.join(', ')}}\n`)

it('finds the same as to compare each rule with each other one', () => {
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 12 }), (texts) => {
      const rules = readRules(`rules:\n${texts.join('')}`, 'rules.yaml')
      const twiceWritten = createTwiceWritten(rules)
      const all = rules.map((_, index) => index)
      expect(all.map(twiceWritten)).toEqual(all.map((index) => plainly(rules, index)))
    }),
    { numRuns: 500 },
  )
})

it.each([
  ['filters of their own', (n: number) => ({ filters: [`d/${n}/+`] })],
  ['the same filter', () => ({})],
  ['conditions of their own', (n: number) => ({ when: `qos == ${n}` })],
])('costs of 20,000 rules with %s what it costs to look at each', (_, own) => {
  const [one] = readRules('rules: [{hook: message.publish, filter: a/+, topic: t}]', 'rules.yaml')
  const rules = Array.from({ length: 20_000 }, (_rule, n) => ({ ...(one as RuleConfig), ...own(n) }))
  const began = process.cpuUsage()
  const twiceWritten = createTwiceWritten(rules)
  for (const index of rules.keys()) twiceWritten(index)
  const { user, system } = process.cpuUsage(began)
  // Each with each other took minutes.
  expect((user + system) / 1e6).toBeLessThan(5)
})
