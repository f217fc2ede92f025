import { expect, it } from 'vitest'
import { countOf, readWords } from '../../src/cli/words.ts'
import type { Mistake } from '../../src/config/config-error.ts'

const SPEC = { values: ['group', 'max'], switches: ['json'], words: ['Kafka topic'] }

it('tells the own flags, the words and the flags of the configuration apart, in any order', () => {
  const argv = [
    '--json',
    't',
    '--kafka-brokers',
    'a:1,b:2',
    '--group=g',
    '--kafka-tls',
    '--log-level',
    'debug',
    '--max',
    '5',
  ]
  expect(readWords(argv, SPEC)).toEqual({
    words: { 'Kafka topic': 't' },
    values: { group: 'g', max: '5' },
    switches: new Set(['json']),
    rest: ['--kafka-brokers=a:1,b:2', '--kafka-tls', '--log-level=debug'],
    mistakes: [],
    fits: true,
  })
  expect(readWords(['--kafka-tls', 't'], SPEC)).toMatchObject({
    words: { 'Kafka topic': 't' },
    rest: ['--kafka-tls'],
  })
})

it('finds every mistake at once', () => {
  const argv = ['--grup', 'g', '--group', '--json=yes', '--max=1', '--max=2', 'a', 'b', '--grpc-port=1']
  expect(readWords(argv, SPEC).mistakes.map(({ message }) => message)).toEqual([
    '--grup: unknown flag here, did you mean `group`?',
    '--group: needs a value',
    '--json: takes no value',
    '--max: is given twice',
    '--grpc-port: unknown flag here',
    '`b` is not expected here',
  ])
  expect(readWords([], SPEC).mistakes).toEqual([{ message: 'name a Kafka topic' }])
  expect(readWords([], SPEC).fits).toBe(false)
})

it.each(['0', '-1', '1.5', 'many', '1e3', ''])('takes %j for no count', (text) => {
  const mistakes: Mistake[] = []
  countOf({ max: text }, 'max', mistakes)
  expect(mistakes).toHaveLength(1)
})

it('counts without an end where nothing is said', () => {
  expect(countOf({}, 'max', [])).toBe(Number.POSITIVE_INFINITY)
  expect(countOf({ max: '12' }, 'max', [])).toBe(12)
})
