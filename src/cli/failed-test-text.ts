import { formatMistake } from '../config/config-error.ts'
import { escapedJson } from '../text/json-line.ts'
import { shownText } from '../text/shown.ts'
import { counted } from '../text/table.ts'
import type { FailedTest } from '../trial/run-tests.ts'
import { outcomeLines } from './outcome-text.ts'

/**
 * A failed test for people: each difference with its place in the file, what was expected and what was made; where fewer
 * records were made than expected, also why each rule made none, of an event with several topic filters of which of them.
 */
export function failedTestText(file: string, { test, differences, explanation }: FailedTest): string {
  const { name, place, event, records } = test
  const at = (where: typeof place, message: string) => `${formatMistake({ file, ...where, message })}\n`
  const head = at(
    place,
    `test ${escapedJson(JSON.stringify(name))} fails: ${counted(differences.length, 'difference')}`,
  )
  const details = differences.map(({ record, what, place: where, expected, made }) =>
    [
      at(where, record === null ? what : `record ${record}, ${escapedJson(what)}`),
      `    - expected  ${escapedJson(expected)}\n`,
      `    + made      ${escapedJson(made)}\n`,
    ].join(''),
  )
  const tooFew = explanation !== null && explanation.records.length < records.length
  const why = tooFew
    ? explanation.outcomes.flatMap((outcome) =>
        outcomeLines(outcome, event.hook)
          .filter(({ made }) => !made)
          .map(({ topic, text }) => {
            const of = topic === null ? '' : ` of ${shownText(topic)}`
            return `    rule ${outcome.rule.name} makes none${of}: ${text}\n`
          }),
      )
    : []
  return [head, ...details, ...why].join('')
}
