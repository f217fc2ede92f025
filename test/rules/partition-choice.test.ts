import { describe, expect, it } from 'vitest'
import { parseRules } from '../../src/rules/load-rules.ts'
import { ALONE, type RuleError } from '../../src/rules/surroundings.ts'
import { EVENTS } from './sample-events.ts'

/** The partition of the record of a message with this payload, and the errors that were told. */
function chosen(partition: string, payload: string) {
  const rules = parseRules(
    `rules: [{name: r, hook: message.publish, topic: t, partition: '${partition}'}]`,
    'r',
  )
  const event = EVENTS['message.publish']
  const errors: (RuleError & { readonly rule: string })[] = []
  const [record] = rules.apply(
    { ...event, message: { ...event.message, payload: Buffer.from(payload) } },
    undefined,
    { ...ALONE, onError: (rule, error) => void errors.push({ rule, ...error }) },
  )
  return { partition: record?.partition, errors }
}

describe('a partition', () => {
  it.each<[string, string, number]>([
    ['3', '', 3],
    ['${payload.p}', '{"p":0}', 0],
    ['${payload.p}', '{"p":"2147483647"}', 2_147_483_647],
    ['1${payload.p}', '{"p":7}', 17],
  ])('%s of %s', (text, payload, partition) => {
    expect(chosen(text, payload)).toEqual({ partition, errors: [] })
  })

  it.each<[string, string]>([
    ['out of range', '{"p":2147483648}'],
    ['negative', '{"p":-1}'],
    ['no whole number', '{"p":1.5}'],
    ['no number', '{"p":"s3cret"}'],
  ])('that is %s is told, and the key decides', (_title, payload) => {
    expect(chosen('${payload.p}', payload)).toEqual({
      partition: null,
      errors: [
        {
          rule: 'r',
          code: 'PARTITION_ILLEGAL',
          message:
            '`partition` makes something else than a whole number from 0 to 2147483647: the key chooses the partition',
        },
      ],
    })
  })

  it.each(['{}', 'no JSON', ''])('of which something is missing is told too: %s', (payload) => {
    expect(chosen('${payload.p}', payload)).toMatchObject({
      partition: null,
      errors: [
        {
          code: 'PARTITION_ILLEGAL',
          message: '`partition` is empty, what it names is missing: the key chooses the partition',
        },
      ],
    })
  })
})
