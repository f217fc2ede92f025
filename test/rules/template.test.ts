import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOOKS, type HookPoint } from '../../src/hooks.ts'
import { compileTemplate, templateProblems } from '../../src/rules/template.ts'
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
    ['${clientid}${username}', 'c1bob'],
    ['$${clientid}', '${clientid}'],
    ['a$${b', 'a${b'],
    ['$$${clientid}', '$${clientid}'],
    ['$', '$'],
    ['$$', '$$'],
    ['$x{}', '$x{}'],
    ['5$ ${clientid} }{', '5$ c1 }{'],
  ])('%j makes %j', (text, expected) => {
    expect(compileTemplate(text)(publish, publish.topic)).toBe(expected)
  })

  it.each([
    ['/a//b/', ['', 'a', '', 'b', '', '']],
    ['/', ['', '', '']],
    ['a', ['a', '']],
  ])('cuts the levels of %j', (topic, levels) => {
    expect(levels.map((_, index) => compileTemplate(`\${topic[${index}]}`)(publish, topic))).toEqual(levels)
  })

  it('reads what each hook has, and leaves empty what it has not', () => {
    const read = (hook: HookPoint, text: string) => compileTemplate(text)(EVENTS[hook], 'x')
    expect(read('session.subscribed', '${qos}')).toBe('1')
    expect(read('client.subscribe', '${qos}')).toBe('1')
    expect(read('client.unsubscribe', '${event}')).toBe('client.unsubscribe')
    expect(read('client.connected', '[${qos}${id}${from}]')).toBe('[]')
    expect(compileTemplate('${qos}')({ ...EVENTS['client.subscribe'], filters: [] }, '')).toBe('')
    expect(compileTemplate('[${username}]')({ ...publish, username: '' }, '')).toBe('[]')
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
        expect(typeof compileTemplate(text)(EVENTS[hook], topic)).toBe('string')
        for (const problem of templateProblems(text, [hook])) expect(problem).not.toBe('')
      }),
      { numRuns: 2_000 },
    )
  })

  it('gives back a text without `$` as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes('$')),
        (text) => compileTemplate(text)(publish, '') === text,
      ),
    )
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
    ['${}', ['message.publish'], [/no variable `\$\{\}`: use one of clientid, /]],
    ['${ clientid }', ['message.publish'], [/did you mean `\$\{clientid\}`/]],
    ['${topic[-1]}', ['message.publish'], [/no level of the topic: write a number from 0/]],
    ['${topic[x]}', ['message.publish'], [/no level of the topic/]],
    ['${payload.a.b}', ['message.publish'], [/`\$\{payload\.a\.b\}` is not supported by this version/]],
    ['${payload}', ['message.publish'], [/not supported by this version/]],
    ['${timestamp}', ['message.publish'], [/not supported by this version/]],
    ['${.}', ['message.publish'], [/not supported by this version/]],
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
