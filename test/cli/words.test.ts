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
    others: [],
  })
  expect(readWords(['--kafka-tls', 't'], SPEC)).toMatchObject({
    words: { 'Kafka topic': 't' },
    rest: ['--kafka-tls'],
  })
})

it('finds every mistake at once', () => {
  const argv = ['--grup', 'g', '--group', '--json=yes', '--max=1', '--max=2', 'a', 'b', '--grpc-port=1']
  expect(readWords(argv, SPEC).mistakes.map(({ message }) => message)).toEqual([
    'there is no flag `--grup`, did you mean `--group`?',
    '--group: needs a value',
    '--json: takes no value',
    '--max: is given twice',
    'there is no flag `--grpc-port` here: it is one of `serve`',
    '`b` is not expected here',
  ])
  expect(readWords(argv, SPEC).mistakes.every(({ ofWords }) => ofWords)).toBe(true)
  expect(readWords([], SPEC).mistakes).toEqual([{ message: 'name a Kafka topic', ofWords: true }])
})

it('refuses a flag without a value that is there twice', () => {
  const said = readWords(['t', '--json', '--json'], SPEC).mistakes
  expect(said).toEqual([{ message: '--json: is given twice', ofWords: true }])
})

it('does not take a word that may belong to an unknown flag for one that is missing', () => {
  const saidOf = (...argv: string[]) => readWords(argv, SPEC).mistakes.map(({ message }) => message)
  expect(saidOf('--frm', 't')).toEqual(['there is no flag `--frm`'])
  expect(saidOf('-jsn', 't')).toEqual(['there is no flag `-jsn`, did you mean `--json`?'])
  expect(saidOf('--jsn')).toEqual(['there is no flag `--jsn`, did you mean `--json`?', 'name a Kafka topic'])
})

it('takes the flags of the configuration under names of its own, and any number of words where the spec says so', () => {
  const spec = { ...SPEC, sections: ['emqx'], aliases: { emqx: 'emqx-api-url' }, more: 'Kafka topic' }
  const read = readWords(['--emqx', 'http://e:1', 'a', 'b', 'c'], spec)
  expect(read).toMatchObject({
    rest: ['--emqx=http://e:1'],
    words: { 'Kafka topic': 'a' },
    others: ['b', 'c'],
  })
  expect(readWords(['--emqy=x', 'a'], spec).mistakes).toMatchObject([
    { message: 'there is no flag `--emqy`, did you mean `--emqx`?' },
  ])
})

it('takes no flag of the configuration, secrets included, for a command without one', () => {
  const spec = { ...SPEC, sections: [], words: [] }
  expect(readWords(['--config=x', '--kafka-sasl-password=hunter2'], spec).mistakes).toMatchObject([
    { message: 'there is no flag `--config`' },
    { message: expect.stringContaining('there is no flag `--kafka-sasl-password`') },
  ])
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

it('takes 0 where the least is 0, and says so of what it does not take', () => {
  const mistakes: Mistake[] = []
  expect(countOf({ wait: '0' }, 'wait', mistakes, 0)).toBe(0)
  expect(mistakes).toEqual([])
  countOf({ wait: 'x' }, 'wait', mistakes, 0)
  expect(mistakes).toEqual([{ message: '--wait: must be a whole number from 0, not `x`' }])
})

it('tells of a word that is empty', () => {
  expect(readWords([''], SPEC).mistakes).toEqual([
    { message: 'word 1 is empty: name something, or leave it out', ofWords: true },
  ])
})
