import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../src/config/config-error.ts'
import { parseEvent } from '../../../src/rules/rule-tests/parse-event.ts'
import type { WrittenEvent } from '../../../src/rules/rule-tests/written-event.ts'

function parse(text: string): WrittenEvent {
  const event = parseEvent(text, 'event.json')
  if (event.kind !== 'written') throw new Error('a recorded call')
  return event
}

function mistakesOf(text: string): string {
  try {
    parseEvent(text, 'event.json')
    return ''
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message
  }
}

const publish = (more: string) => `{"event": "message.publish", "topic": "a/b", ${more}}`

describe('an event', () => {
  it('is read with the names of templates', () => {
    const event = parse(publish('"clientid": "d1", "qos": 1, "username": "", "peerhost": "10.0.0.1"'))
    expect(event).toEqual({
      kind: 'written',
      hook: 'message.publish',
      fields: new Map<string, unknown>([
        ['clientid', 'd1'],
        ['qos', 1],
        ['username', ''],
        ['peerhost', '10.0.0.1'],
      ]),
      topics: ['a/b'],
      payload: null,
      props: [],
      userProps: [],
    })
  })

  it('may be YAML', () => {
    const event = parse('event: client.connected\nclientid: d1\nis_superuser: true\n')
    expect([...event.fields]).toEqual([
      ['clientid', 'd1'],
      ['is_superuser', true],
    ])
  })

  it.each([
    ['text', '"payload": "on"', 'on'],
    ['no bytes', '"payload": ""', ''],
    [
      'an object',
      '"payload": {"a": 1.50, "b": [true, null, "x"], "c": {}}',
      '{"a":1.50,"b":[true,null,"x"],"c":{}}',
    ],
    ['a large number', '"payload": {"n": 12345678901234567890}', '{"n":12345678901234567890}'],
    ['a number', '"payload": 3', '3'],
    ['null', '"payload": null', 'null'],
    ['bytes', '"payload_base64": "AP8="', '\u0000\u00ff'],
    [
      'bytes as the format emqx writes them',
      '"payload": "AP8=", "payload_encoding": "base64"',
      '\u0000\u00ff',
    ],
    ['hex numbers of YAML as numbers', 'payload: [0x10, 1e3]', '[16,1e3]'],
  ])('has as payload %s', (_title, more, bytes) => {
    const base64 = more.includes('base64')
    expect(parse(publish(more)).payload?.toString(base64 ? 'latin1' : 'utf8')).toBe(bytes)
  })

  it('has properties as EMQX 5 writes them', () => {
    const props = '"pub_props": {"Content-Type": "text/plain", "User-Property": {"a": "1"}'
    expect(parse(publish(`${props}}`))).toMatchObject({
      props: [{ name: 'Content-Type', value: 'text/plain' }],
      userProps: [{ name: 'a', value: '1' }],
    })
    const pairs = '"User-Property-Pairs": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]'
    expect(parse(publish(`${props}, ${pairs}}`)).userProps).toEqual([
      { name: 'a', value: '1' },
      { name: 'a', value: '2' },
    ])
  })

  it('may subscribe to several filters', () => {
    expect(parse('{"event": "client.subscribe", "topic": ["a/#", "b"], "qos": 2}').topics).toEqual([
      'a/#',
      'b',
    ])
  })

  it('may be a recorded call', () => {
    expect(parseEvent('{"event": "message.acked", "request_base64": "CgA", "timestamp": 5}', 'e')).toEqual({
      kind: 'recorded',
      hook: 'message.acked',
      request: Buffer.from([0x0a, 0x00]),
      receivedAtMs: 5,
    })
  })
})

describe('a mistake in an event', () => {
  it.each([
    ['nothing', '', '1:1: an event must be a map'],
    ['a list', '[1]', '1:1: an event must be a map, as in {"event": "message.publish", …}, not a list'],
    ['no hook', '{"topic": "a"}', '1:1: the event has no `event`'],
    [
      'a hook mistyped',
      '{"event": "message.publsh"}',
      '1:11: there is no hook `message.publsh`, did you mean `message.publish`?',
    ],
    [
      'an RPC',
      '{"event": "OnMessageAcked"}',
      '1:11: there is no hook `OnMessageAcked`, did you mean `message.acked`?',
    ],
    [
      'the name of 4.x',
      publish('"client_id": "a"'),
      '1:46: there is no key `client_id`, did you mean `clientid`?',
    ],
    ['what the hook has not', publish('"cn": "a"'), '1:46: message.publish has no `cn`: remove it'],
    [
      'no topic',
      '{"event": "message.publish"}',
      '1:1: the event has no `topic`: message.publish is about one',
    ],
    [
      'a topic where none is',
      '{"event": "client.connected", "topic": "a"}',
      'client.connected has no `topic`',
    ],
    ['several topics', '{"event": "message.publish", "topic": ["a"]}', '`topic` must be text, not a list'],
    [
      'a large quality of service',
      publish('"qos": 3'),
      '1:53: `qos` must be a whole number from 0 to 2, not the number `3`',
    ],
    [
      'half a time',
      publish('"timestamp": 1.5'),
      '`timestamp` must be a whole number from 0 to 9007199254740991',
    ],
    ['text as a number', publish('"qos": "1"'), 'must be a whole number'],
    [
      'a number as text',
      publish('"clientid": 5'),
      '`clientid` must be text, not the number `5`: put it in quotes',
    ],
    ['two publishers', publish('"clientid": "a", "from": "b"'), '`clientid` and `from` are the same client'],
    ['no base64', publish('"payload_base64": "?"'), '`payload_base64` is no base64'],
    ['two payloads', publish('"payload_base64": "", "payload": ""'), 'remove `payload`'],
    ['an encoding alone', publish('"payload_encoding": "base64"'), '`payload_encoding` needs a `payload`'],
    [
      'another encoding',
      publish('"payload": "", "payload_encoding": "hex"'),
      '`payload_encoding` cannot be `hex`',
    ],
    ['a payload that JSON cannot hold', publish('payload: [.inf]'), 'JSON cannot hold this value'],
    [
      'a payload that holds itself',
      publish('payload: &a [*a]'),
      'levels: write it as text, or use fewer aliases',
    ],
    [
      'a payload with too many values',
      publish(`"payload": [${'1,'.repeat(100_000)}1]`),
      'has more than 100000 values: write it as text',
    ],
    [
      'a payload nested too deep',
      publish(`"payload": ${'['.repeat(300)}${']'.repeat(300)}`),
      'is nested deeper than 200 levels: write it as text',
    ],
    ['a recorded call with more', '{event: message.acked, request_base64: "", qos: 1}', 'remove `qos`'],
    ['properties that are text', publish('"pub_props": "a"'), '`pub_props` must be a map'],
    [
      'pairs that are none',
      publish('"pub_props": {"User-Property-Pairs": [{"key": "a"}]}'),
      'needs a `key` and a `value`',
    ],
    [
      'an action that is none',
      '{"event": "client.authorize", "topic": "a", "action": "pub"}',
      '`action` cannot be `pub`',
    ],
    ['no YAML', '{"event": ', 'event.json:1:11: '],
  ])('%s', (_title, text, message) => {
    expect(mistakesOf(text)).toContain(message)
  })

  it('speaks of aliases only where there are some', () => {
    expect(mistakesOf(publish(`"payload": ${'['.repeat(300)}${']'.repeat(300)}`))).not.toContain('alias')
  })

  it('is told with all others', () => {
    expect(mistakesOf(publish('"qos": 9, "cn": ""')).split('\n')).toHaveLength(2)
  })

  it('is all that comes of any text', () => {
    const words = fc.constantFrom(
      'event',
      'message.publish',
      'topic',
      'payload',
      '{',
      '}',
      '[',
      ']',
      ':',
      ',',
      '"',
      '&a',
      '*a',
      '\n',
      ' ',
    )
    fc.assert(fc.property(fc.array(fc.oneof(words, fc.string())), (parts) => void mistakesOf(parts.join(''))))
  })
})
