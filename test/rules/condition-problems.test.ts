import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conditionProblem } from '../../src/rules/condition-problem.ts'
import { conditionProblems } from '../../src/rules/condition-problems.ts'
import { mistakesOf, rule } from './mistakes.ts'

const problemsOf = (text: string) =>
  conditionProblems(text, ['message.publish']).map(({ at, message }) => `${at}: ${message}`)

describe('several mistakes in one condition', () => {
  it.each<[string, string[]]>([
    ['qos > 0 && payload.a == 1', []],
    [
      'clientidd == "x" && (qos == "1" || payload.a > 1) && 1 / 0 == 1',
      [
        '0: there is no field `clientidd`, did you mean `clientid`?',
        '21: `qos` is a whole number and `"1"` text: write `qos == 1`',
        '53: `1 / 0` can never be told: nothing can be divided by 0',
      ],
    ],
    [
      '(clientidd == "x") || !username in ["a"]',
      [
        '1: there is no field `clientidd`, did you mean `clientid`?',
        '22: the `!` is only for `username`: write `!(username in ["a"])`',
      ],
    ],
    ['clientidd == "x" && qos = 1', ['24: `=` is not known: write `==`']],
    [
      'clientid && (qos)',
      [
        '0: it makes text, not true or false: write `clientid != ""`',
        '13: it makes a whole number, not true or false: write `qos > 0`',
      ],
    ],
  ])('%s', (text, expected) => {
    expect(problemsOf(text)).toEqual(expected)
  })

  it('have their own places in the file', () => {
    expect(mistakesOf(rule('when: |', '  clientidd == "x" &&', '  qos == "1"'))).toEqual([
      '5:7: in `when`, there is no field `clientidd`, did you mean `clientid`?',
      '6:7: in `when`, `qos` is a whole number and `"1"` text: write `qos == 1`',
    ])
  })

  it('are none where the whole has none, and else begin with the first, each once', () => {
    const sides = fc.constantFrom(
      ...[
        'qos > 0',
        '(qos == 1)',
        'clientidd == "x"',
        '!(username)',
        'payload.a + 1 > 2',
        '!qos > 1',
        'topic',
      ],
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(sides, fc.constantFrom(' && ', ' || ', ') || (')), { minLength: 1, maxLength: 6 }),
        (parts) => {
          const text = `(${parts.map(([side, by], i) => (i === parts.length - 1 ? side : side + by)).join('')})`
          const first = conditionProblem(text, ['message.publish'])
          const all = conditionProblems(text, ['message.publish'])
          expect(all.length > 0).toBe(first !== null)
          if (first !== null) expect(all.map(({ at }) => at)).toContain(first.at)
          const places = all.map(({ at }) => at)
          expect(places).toEqual([...new Set(places)].sort((a, b) => a - b))
        },
      ),
      { numRuns: 300 },
    )
  })
})
