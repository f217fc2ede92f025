import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { RuleConfig } from '../rules/rule-config.ts'
import type { RuleTest } from '../rules/rule-tests/rule-test.ts'
import { counted } from '../text/table.ts'
import { type Difference, differencesOf } from './differences.ts'
import { createExplain, type Explanation } from './explain.ts'
import type { MakeHookCall } from './hook-call.ts'

/** A test that did not find what it expects. */
export interface FailedTest {
  readonly test: RuleTest
  /** At least one. `record` counts from 1; null: it is about all of them. */
  readonly differences: readonly (Difference & { readonly record: number | null })[]
  /** What the rules made; null where the event is a recorded call that cannot be read. */
  readonly explanation: Explanation | null
}

/** Runs the tests of a rule file against its rules, as the server would run these. Gives those that fail. */
export function runTests(
  rules: readonly RuleConfig[],
  tests: readonly RuleTest[],
  makeHookCall: MakeHookCall,
): readonly FailedTest[] {
  const explain = createExplain(rules)
  return tests.flatMap((test) => {
    const call = makeHookCall(test.event)
    if (call === null) return [unreadable(test)]
    const explanation = explain(call)
    const differences = [
      ...countDifference(test, explanation.records),
      ...test.records.flatMap((expected, index) => {
        const record = explanation.records[index]
        return record === undefined
          ? []
          : differencesOf(expected, record).map((one) => ({ ...one, record: index + 1 }))
      }),
    ]
    return differences.length === 0 ? [] : [{ test, differences, explanation }]
  })
}

function countDifference(test: RuleTest, made: readonly KafkaRecord[]): FailedTest['differences'] {
  if (made.length === test.records.length) return []
  const topics = made.map(({ topic, rule }) => `${topic} (rule ${rule})`).join(', ')
  return [
    {
      record: null,
      place: test.recordsPlace,
      what: 'records',
      expected: counted(test.records.length, 'record'),
      made: made.length === 0 ? '0 records' : `${counted(made.length, 'record')}: ${topics}`,
    },
  ]
}

const unreadable = (test: RuleTest): FailedTest => ({
  test,
  differences: [
    {
      record: null,
      place: test.place,
      what: 'event',
      expected: `the request of ${test.event.hook}`,
      made: 'bytes that are none',
    },
  ],
  explanation: null,
})
