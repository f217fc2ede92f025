import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOOKS, type HookPoint } from '../../src/hooks.ts'
import { RuleInput } from '../../src/rules/rule-input.ts'
import { compileStrictTemplate, compileTemplate, templateProblems } from '../../src/rules/template.ts'
import { topics } from './arbitraries.ts'
import { EVENTS } from './sample-events.ts'

const publish = EVENTS['message.publish']

describe('compileTemplate', () => {
  it.each([
    ['', ''],
    ['plain', 'plain'],
    ['${clientid}', 'c1'],
    ['${username}', 'bob'],
    ['${peerhost}', '10.0.0.2'],
    ['${node}', 'emqx@127.0.0.1'],
    ['${event}', 'message.publish'],
    ['${topic}', 'devices/d1/state'],
    ['${qos}', '1'],
    ['${id}', '0005F9D5B2A0C1D2F445000001230000'],
    ['${from}', 'publisher'],
    ['${topic[0]}', 'devices'],
    ['${topic[1]}', 'd1'],
    ['${topic[2]}', 'state'],
    ['${topic[3]}', ''],
    ['${topic[99999999999999999999]}', ''],
    ['lock-${topic[1]}/${qos}!', 'lock-d1/1!'],
    ['${timestamp}', '1700000000222'],
    ['${publish_received_at}', '1700000000111'],
    ['${payload}', '{"battery":83.4}'],
    ['${payload.battery}', '83.4'],
    ['${payload.nothing}', ''],
    ['${pub_props.Session-Expiry-Interval}', '60'],
    ['${clientid}${username}', 'c1bob'],
    ['$${clientid}', '${clientid}'],
    ['a$${b', 'a${b'],
    ['$$${clientid}', '$${clientid}'],
    ['$', '$'],
    ['$$', '$$'],
    ['$x{}', '$x{}'],
    ['5$ ${clientid} }{', '5$ c1 }{'],
  ])('%j makes %j', (text, expected) => {
    expect(compileTemplate(text)(new RuleInput(publish, publish.topic))).toBe(expected)
  })

  it.each([
    ['/a//b/', ['', 'a', '', 'b', '', '']],
    ['/', ['', '', '']],
    ['a', ['a', '']],
  ])('cuts the levels of %j', (topic, levels) => {
    expect(
      levels.map((_, index) => compileTemplate(`\${topic[${index}]}`)(new RuleInput(publish, topic))),
    ).toEqual(levels)
  })

  it('reads what each hook has, and leaves empty what it has not', () => {
    const read = (hook: HookPoint, text: string) => compileTemplate(text)(new RuleInput(EVENTS[hook], 'x'))
    expect(read('session.subscribed', '${qos}')).toBe('1')
    expect(read('client.subscribe', '${qos}')).toBe('1')
    expect(read('client.unsubscribe', '${event}')).toBe('client.unsubscribe')
    expect(read('client.connected', '[${qos}${id}${from}]')).toBe('[]')
    expect(compileTemplate('${qos}')(new RuleInput({ ...EVENTS['client.subscribe'], filters: [] }, ''))).toBe(
      '',
    )
    expect(compileTemplate('[${username}]')(new RuleInput({ ...publish, username: '' }, ''))).toBe('[]')
  })

  it('never throws, whatever the text', () => {
    const pieces = fc.constantFrom(
      '$',
      '{',
      '}',
      '${',
      '$${',
      '${clientid}',
      '${topic[1]}',
      '${payload.a}',
      '${.}',
      '${nope}',
      '[',
      'é',
    )
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((parts) => parts.join('')),
    )
    fc.assert(
      fc.property(texts, fc.constantFrom(...HOOKS.keys()), topics, (text, hook, topic) => {
        expect(typeof compileTemplate(text)(new RuleInput(EVENTS[hook], topic))).toBe('string')
        for (const problem of templateProblems(text, [hook])) expect(problem).not.toBe('')
      }),
      { numRuns: 2_000 },
    )
  })

  it('gives back a text without `$` as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('$')),
        (text) => compileTemplate(text)(new RuleInput(publish, '')) === text,
      ),
    )
  })
})

describe('the payload in a template', () => {
  const filled = (text: string, payload: string | Buffer) =>
    compileTemplate(text)(
      new RuleInput(
        { ...publish, message: { ...publish.message, payload: Buffer.from(payload) } },
        publish.topic,
      ),
    )

  it.each<[string, string, string]>([
    ['${payload.a.b}', '{"a":{"b":"x"}}', 'x'],
    ['${payload.list[1].x}', '{"list":[1,{"x":true}]}', 'true'],
    ['${payload[0]}', '[12.50]', '12.5'],
    ['${payload.a}', '{"a":{"b":[1,null]}}', '{"b":[1,null]}'],
    ['${payload.a}', '{"a":null}', ''],
    ['${payload.a.b.c}', '{"a":1}', ''],
    ['${payload.length}', '[1,2]', ''],
    ['${payload[0]}', '{"0":"x"}', ''],
    ['${payload.a b-c}', '{"a b-c":"x"}', 'x'],
    ['${payload.__proto__}', '{"a":1}', ''],
    ['${payload.__proto__.x}', '{"__proto__":{"x":"own"}}', 'own'],
    ['${payload.constructor.name}', '{"a":1}', ''],
    ['${payload.toString}', '{}', ''],
    ['${payload.id}', '{"id":10083618796833171}', '10083618796833171'],
    ['${payload.id}', '{"id":-12345678901234567890}', '-12345678901234567890'],
    ['${payload.a}', '{"a":', ''],
    ['${payload.a}', '', ''],
    ['${payload}', 'no {json', 'no {json'],
  ])('%j of %j', (text, payload, expected) => {
    expect(filled(text, payload)).toBe(expected)
  })

  it('is base64 where it is not UTF-8', () => {
    expect(filled('${payload}', Buffer.of(0xff, 0))).toBe('/wA=')
    expect(filled('[${payload.a}]', Buffer.of(0xff, 0))).toBe('[]')
  })

  it('is bounded, however hostile the JSON is', () => {
    for (const deep of [10_000, 100_000]) {
      const json = `{"a":${'['.repeat(deep)}${']'.repeat(deep)}}`
      expect(filled('[${payload.a}]', json)).toBe('[]')
      expect(filled('${payload}', json)).toBe(json)
    }
    const brackets = `{"a":"${'[{'.repeat(5_000)}\\"","b":"x"}`
    expect(filled('${payload.b}', brackets)).toBe('x')
    expect(filled('[${payload.a}]', `{"a":"${'x'.repeat(300_000)}"}`)).toBe('[]')
  })

  it('is parsed once for all that ask', () => {
    const input = new RuleInput(publish, publish.topic)
    expect(input.json()).toEqual({ battery: 83.4 })
    expect(input.json()).toBe(input.json())
  })

  it('has the whole event as JSON', () => {
    const event = JSON.parse(filled('${.}', 'text'))
    expect(event).toMatchObject({ event: 'message.publish', clientid: 'c1', payload: 'text', qos: 1 })
  })
})

describe('compileStrictTemplate', () => {
  it.each<[string, object]>([
    ['a.${topic[1]}.${qos}', { text: 'a.d1.1' }],
    ['a.${topic[9]}.${payload.x}', { missing: 'topic[9]' }],
    ['${payload.battery}-${payload.x}', { missing: 'payload.x' }],
    ['fixed', { text: 'fixed' }],
  ])('%j', (text, expected) => {
    expect(compileStrictTemplate(text)(new RuleInput(publish, publish.topic))).toEqual(expected)
  })
})

describe('templateProblems', () => {
  it.each<[string, HookPoint[]]>([
    ['', ['client.connected']],
    ['x', []],
    ['${clientid}-${username}-${peerhost}-${node}-${event}', [...HOOKS.keys()]],
    [
      '${topic}${topic[0]}',
      ['client.authorize', 'client.unsubscribe', 'session.unsubscribed', 'message.dropped'],
    ],
    ['${qos}', ['client.subscribe', 'session.subscribed', 'message.publish', 'message.ingress']],
    [
      '${id}${from}',
      ['message.publish', 'message.delivered', 'message.acked', 'message.dropped', 'message.ingress'],
    ],
    ['$${nope}', ['client.connect']],
    ['a$', []],
  ])('%j for %j has none', (text, hooks) => {
    expect(templateProblems(text, hooks)).toEqual([])
  })

  it.each<[string, HookPoint[], RegExp[]]>([
    ['${clienid}', ['message.publish'], [/no variable `\$\{clienid\}`, did you mean `\$\{clientid\}`\?/]],
    ['${}', ['message.publish'], [/no variable `\$\{\}`: use one of event, id, clientid, /]],
    ['${ clientid }', ['message.publish'], [/did you mean `\$\{clientid\}`/]],
    ['${topic[-1]}', ['message.publish'], [/no level of the topic: write a number from 0/]],
    ['${topic[x]}', ['message.publish'], [/no level of the topic/]],
    ['${payload..a}', ['message.publish'], [/`\$\{payload\.\.a\}` is no path: write names and indexes/]],
    ['${payload[x]}', ['message.publish'], [/is no path/]],
    ['${paylod.a.b}', ['message.publish'], [/did you mean `\$\{payload\.a\.b\}`/]],
    ['${payload.a}', ['client.connected'], [/client\.connected has no `\$\{payload\}`/]],
    ['${clientid.x}', ['message.publish'], [/`\$\{clientid\}` has no parts: write it alone/]],
    ['${reason}', ['message.publish'], [/message\.publish has no `\$\{reason\}`/]],
    ['${conn_props.a}', ['client.connected'], [/client\.connected has no/]],
    ['${topic}', ['client.connected'], [/client\.connected has no `\$\{topic\}`/]],
    ['${topic[1]}', ['message.publish', 'client.connected'], [/client\.connected has no `\$\{topic\}`/]],
    ['${qos}', ['client.unsubscribe'], [/client\.unsubscribe has no `\$\{qos\}`/]],
    [
      '${qos}',
      ['client.authorize', 'session.unsubscribed'],
      [/client\.authorize, session\.unsubscribed have no/],
    ],
    ['${id}', ['session.subscribed'], [/session\.subscribed has no `\$\{id\}`/]],
    ['${a}${b', ['message.publish'], [/no variable/, /`\$\{` is not closed/]],
    ['${clientid', ['message.publish'], [/`\$\{` is not closed: add `\}`/]],
  ])('%j for %j', (text, hooks, expected) => {
    const problems = templateProblems(text, hooks)
    expect(problems).toHaveLength(expected.length)
    for (const [index, problem] of problems.entries()) expect(problem).toMatch(expected[index] ?? /^$/)
  })
})
