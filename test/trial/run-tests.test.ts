import { describe, expect, it } from 'vitest'
import { readRuleFile } from '../../src/rules/rule-file.ts'
import { runTests } from '../../src/trial/run-tests.ts'
import { makeHookCall } from './hook-calls.ts'

const EVENT =
  'event: {event: message.publish, topic: a/b, clientid: d1, payload: {x: [1, {y: text}], n: null}}'

/** Runs one test that expects this of the one record of a rule of the format `payload`; what differs, with its line and column. */
function differences(
  records: string,
  rule = 'hook: message.publish, topic: t, format: payload, headers: {h: v}',
): string[] {
  const text = `rules:\n  - {${rule}}\ntests:\n  - ${EVENT}\n    records: ${records}\n`
  const { rules, tests } = readRuleFile(text, 'rules.yaml')
  return runTests(rules, tests, makeHookCall).flatMap((failed) =>
    failed.differences.map(
      ({ what, place, expected, made }) => `${place.line}:${place.column} ${what}: ${expected}, not ${made}`,
    ),
  )
}

describe('passes', () => {
  it.each([
    '[{}]',
    '[{topic: t, key: d1, partition: null, timestamp: 1767225600000}]',
    '[{headers: {h: v, emqx-event: message.publish, other: null}}]',
    '[{value: \'{"x":[1,{"y":"text"}],"n":null}\'}]',
    '[{value: {n: null}}]',
    '[{value: {x: [1, {}]}}]',
    '[{value: {x: [1.0, {y: text}]}}]',
    '[{value_base64: eyJ4IjpbMSx7InkiOiJ0ZXh0In1dLCJuIjpudWxsfQ==}]',
    '[{rule: message.publish->t}]',
  ])('%s', (records) => {
    expect(differences(records)).toEqual([])
  })

  it('nothing where nothing is expected', () => {
    expect(differences('[]', 'hook: message.acked, topic: t')).toEqual([])
  })
})

describe('tells', () => {
  it.each<[string, string[]]>([
    ['[]', ['5:5 records: 0 records, not 1 record: t (rule message.publish->t)']],
    ['[{}, {}]', ['5:5 records: 2 records, not 1 record: t (rule message.publish->t)']],
    ['[{topic: u}]', ['5:23 topic: "u", not "t"']],
    ['[{key: null}]', ['5:21 key: null, not "d1"']],
    ['[{partition: 3}]', ['5:27 partition: 3, not null']],
    [
      '[{headers: {h: null, i: x}}]',
      ['5:29 headers.h: nothing, not "v"', '5:38 headers.i: "x", not nothing'],
    ],
    ['[{value: text}]', ['5:23 value: "text", not "{\\"x\\":[1,{\\"y\\":\\"text\\"}],\\"n\\":null}"']],
    ['[{value: {x: [1, {y: no}]}}]', ['5:35 value.x[1].y: "no", not "text"']],
    ['[{value: {x: [1]}}]', ['5:27 value.x: a list of 1, not [1,{"y":"text"}]']],
    ['[{value: {z: null}}]', ['5:27 value.z: null, not nothing']],
    ['[{value: {n: {}}}]', ['5:27 value.n: an object, not null']],
    [
      '[{value_base64: AAAA}]',
      ['5:30 value_base64: "AAAA", not "eyJ4IjpbMSx7InkiOiJ0ZXh0In1dLCJuIjpudWxsfQ=="'],
    ],
    ['[{value: {constructor: null}}]', ['5:37 value.constructor: null, not nothing']],
  ])('of %s', (records, expected) => {
    expect(differences(records)).toEqual(expected)
  })

  it('of a value that is no JSON', () => {
    expect(differences('[{value: {a: 1}}]', 'hook: message.publish, topic: t, format: protobuf')).toEqual([
      '5:23 value: an object, not a value that is no JSON',
      '5:27 value.a: 1, not a value that is no JSON',
    ])
  })

  it('of a recorded call whose bytes are none', () => {
    const text = `rules: [{hook: message.publish, topic: t}]\ntests:\n  - {event: {event: message.publish, request_base64: "//8="}, records: []}\n`
    const { rules, tests } = readRuleFile(text, 'rules.yaml')
    expect(runTests(rules, tests, makeHookCall)).toMatchObject([
      { differences: [{ what: 'event', place: { line: 3 } }] },
    ])
  })
})
