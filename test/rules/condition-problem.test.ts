import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOOKS, type HookPoint } from '../../src/hooks.ts'
import { compileCondition } from '../../src/rules/condition.ts'
import { conditionProblem } from '../../src/rules/condition-problem.ts'
import { RuleInput } from '../../src/rules/rule-input.ts'
import { lines, mistakesOf, rule } from './mistakes.ts'
import { EVENTS } from './sample-events.ts'

describe('mistakes', () => {
  const WHEN = 'rules:\n  - hook: [client.connected, session.subscribed]\n    topic: t\n    when: '

  it.each<[string, string[]]>([
    ['qos > 0', ['4:11: in `when`, client.connected has no `qos`: use another field, or split the rule']],
    [
      'peerport > 0',
      ['4:11: in `when`, session.subscribed has no `peerport`: use another field, or split the rule'],
    ],
    ['clientidd == "x"', ['4:11: in `when`, there is no field `clientidd`, did you mean `clientid`?']],
    [
      'username == "x" && clientid > 3',
      ['4:30: in `when`, `clientid` is text and `3` a whole number: write `int(clientid) > 3`'],
    ],
    [
      '"username == node && clientid > 3"',
      ['4:32: in `when`, `clientid` is text and `3` a whole number: write `int(clientid) > 3`'],
    ],
    ['username == ', ['4:22: in `when`, it ends too early: write what comes after `==`']],
    ['username', ['4:11: in `when`, it makes text, not true or false: write `username != ""`']],
    ['12', ['4:11: `when` must be a condition, as in `qos > 0`, not the number `12`']],
    ['true', ['4:11: `when` must be a condition, as in `qos > 0`, not the boolean `true`: leave it out']],
    [
      'false',
      [
        '4:11: `when` must be a condition, as in `qos > 0`, not the boolean `false`: to switch the rule off, write `enabled: false`',
      ],
    ],
    ['null', ['4:11: `when` must be a condition, as in `qos > 0`, not `null`: leave it out']],
    [
      'username.matches("^(a+)+$")',
      [
        '4:11: in `when`, a device can make a regular expression run for minutes: use `startsWith`, `endsWith` or `contains`',
      ],
    ],
    [
      'username == "x" || username.contains(clientid)',
      ['4:30: in `when`, `contains` needs a text that is written out, as in `topic.contains("x")`'],
    ],
  ])('%s', (text, expected) => {
    expect(mistakesOf(`${WHEN}${text}\n`)).toEqual(expected)
  })

  it.each([
    'payload.s in payload.t',
    'payload.l.exists(x, x in payload.l)',
    'payload.l.exists(x, payload.l.exists(y, y == x))',
    'payload.l.exists(x, x + payload.s == "a")',
    'payload.l.exists(x, size(payload.s) > 1)',
    'payload.l.exists(x, payload.s.startsWith(payload.t))',
    'payload.l.all(x, payload.l == payload.m)',
    'payload.l.exists(x, x.a == 1 || payload.s < clientid)',
    'cel.bind(a, payload.s + payload.s, a == "")',
    'payload.s.split(payload.t).size() > 1',
    `payload.a == 1${' || payload.a == 1'.repeat(400)}`,
    `${'('.repeat(300)}qos == 1${')'.repeat(300)}`,
  ])('%s could take long and is refused', (text) => {
    expect(conditionProblem(text, ['message.publish'])).not.toBeNull()
  })

  it('comparing an item with what is no part of it is allowed', () => {
    const text = 'payload.l.all(x, x.a == payload.m && x[0] != clientid && payload.n > 3.0)'
    expect(conditionProblem(text, ['message.publish'])).toBeNull()
  })

  it('are none for the fields of each hook, and never throw', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom<HookPoint>(...HOOKS.keys()), (text, hook) => {
        const problem = conditionProblem(text, [hook])
        if (problem === null) compileCondition(text, [hook])(new RuleInput(EVENTS[hook], ''))
        else expect(problem.message).not.toBe('')
      }),
      { numRuns: 1_000 },
    )
    for (const hook of HOOKS.keys()) {
      expect(conditionProblem('clientid == "c" && timestamp > 0 && event != node', [hook])).toBeNull()
    }
  })
})

/** What is wrong for a message.publish, as `place: message`, the place from 0. */
function problemOf(text: string): string | null {
  const problem = conditionProblem(text, ['message.publish'])
  return problem === null ? null : `${problem.at}: ${problem.message}`
}

const DOUBLE =
  'a number of JSON is a double, and CEL does not calculate with a double and a whole number: write'

it('is told in words of ours, within the text, whatever is written', () => {
  const words = fc.constantFrom(
    ...[
      'qos',
      'clientid',
      'topic',
      'payload',
      'pub_props',
      'payload.a',
      'payload.a-b',
      'topic[1]',
      'x',
      '1',
      '1.5',
      '1u',
    ],
    ...[
      '"a"',
      "'b",
      'true',
      'null',
      '[1, "a"]',
      '[]',
      '{"a": 1}',
      '==',
      '!=',
      '<',
      '&&',
      '||',
      '!',
      '-',
      '+',
      '%',
      'in',
    ],
    ...[
      '? 1 :',
      '(',
      ')',
      '.',
      'has(payload)',
      'size(',
      '.exists(x, x > 1)',
      '.startsWith(',
      'and',
      '=',
      '9007199254740993',
    ],
  )
  let refused = 0
  fc.assert(
    fc.property(
      fc.array(words, { minLength: 1, maxLength: 7 }),
      fc.constantFrom('', ' '),
      (parts, between) => {
        const text = parts.join(between)
        const problem = conditionProblem(text, ['message.publish'])
        if (problem === null) return
        refused++
        expect(problem.at).toBeGreaterThanOrEqual(0)
        expect(problem.at).toBeLessThanOrEqual(text.length)
        expect(problem.message).not.toMatch(
          /this cannot be: (?!nobody knows)|Unexpected|overload|undefined|: $/,
        )
      },
    ),
    { numRuns: 1_000 },
  )
  expect(refused).toBeGreaterThan(500)
})

describe('the fix', () => {
  it.each<[string, string]>([
    ['topic[1] == "a"', '0: the levels of `topic` are no list: write `topic.split("/")[1]`'],
    [
      'qos > 0 && pub_props.Content-Type == "x"',
      '11: CEL takes the `-` in a name for a minus: write `pub_props["Content-Type"]`',
    ],
    [
      'pub_props.User-Property.region == "x"',
      '0: CEL takes the `-` in a name for a minus: write `pub_props["User-Property"].region`',
    ],
    [
      'payload.device-id == "x"',
      '0: `-` is not for texts: a name with a `-` in it is written `payload["device-id"]`',
    ],
    ['payload.a + 1 > 2', `0: ${DOUBLE} \`payload.a + 1.0\``],
    ['qos == 1 && (payload.a + payload.b) * 2 > 1', `12: ${DOUBLE} \`(payload.a + payload.b) * 2.0\``],
    ['payload.a - payload.b - 1 == 0', `0: ${DOUBLE} \`payload.a - payload.b - 1.0\``],
    ['1 + (payload.a + payload.b) > 2', `0: ${DOUBLE} \`1.0 + (payload.a + payload.b)\``],
    ['payload.sentAt - timestamp > 0', `0: ${DOUBLE} \`payload.sentAt - double(timestamp)\``],
    ['payload.l.exists(x, x * 2 > 3)', `20: ${DOUBLE} \`x * 2.0\``],
    [
      'payload.temp-1 > 2',
      `0: ${DOUBLE} \`payload.temp-1.0\`; a name with a \`-\` in it is written \`payload["temp-1"]\``,
    ],
    [
      'payload.a % 2 == 0',
      '0: `%` is for whole numbers, and one of JSON is a double: write `int(payload.a) % 2`',
    ],
    ['qos == "1"', '0: `qos` is a whole number and `"1"` text: write `qos == 1`'],
    ['qos == 1.0', '0: `qos` is a whole number and `1.0` a number with a point: write `qos == 1`'],
    ['qos == null', '0: `qos` is a whole number and `null` null: write `qos == 0`'],
    ['clientid > 0', '0: `clientid` is text and `0` a whole number: write `int(clientid) > 0`'],
    ['clientid == 0', '0: `clientid` is text and `0` a whole number: write `clientid == "0"`'],
    ['clientid == null', '0: `clientid` is text and `null` null: write `clientid == ""`'],
    ['"a" in clientid', '0: `"a"` is text and `clientid` text: write `clientid.contains("a")`'],
    ['qos == [1, 2]', '0: `qos` is a whole number and `[1, 2]` a list: write `qos in [1, 2]`'],
    ['[1].exists(x, x == "1")', '14: `x` is a whole number and `"1"` text: write `x == 1`'],
    [
      'topic.split("/").first == "a"',
      '0: `topic.split("/")` is a list: read its items by their numbers, as in `[0]`',
    ],
    ['!qos', '0: `qos` is a whole number, which has no `!`: write `qos == 0`'],
    ['clientid == "a" && qos', '19: `qos` is a whole number, not true or false: write `qos > 0`'],
    ['qos ? true : false', '0: `qos` is a whole number, not true or false: write `qos > 0`'],
    [
      'has(username)',
      '0: `username` is always there, empty where an event does not carry it: write `username != ""`',
    ],
    [
      'has(payload["a"])',
      '0: `has` asks for a member by its name, as in `has(payload.a)`: write `"a" in payload`',
    ],
    ['topic.length > 3', '0: `topic` is text, which has no `length`: write `size(topic)`'],
    [
      'clientid.toLowerCase() == "x"',
      '9: there is no method `toLowerCase`, did you mean `string.lowerAscii()`?',
    ],
    [
      'clientid.startsWith(1)',
      '0: `startsWith` does not take this, `clientid` is text, `1` is a whole number: write `clientid.startsWith("1")`',
    ],
    [
      'clientid == lock',
      '12: there is no field `lock`: use one of event, id, clientid, username, from, topic, qos, payload, payload_encoding, peerhost, protocol, pub_props, timestamp, publish_received_at, node, or write a text in quotes, as in `"lock"`',
    ],
    [
      'payload.n == 9007199254740993',
      '13: `9007199254740993` is beyond 2^53 - 1, from where on numbers of JSON are not exact: have it sent as text, and write `"9007199254740993"`',
    ],
    [
      'payload.n > -9007199254740992',
      '12: `-9007199254740992` is beyond 2^53 - 1, from where on numbers of JSON are not exact: have it sent as text, and write `"-9007199254740992"`',
    ],
  ])('of %s', (text, expected) => {
    expect(problemOf(text)).toBe(expected)
  })

  it.each<[string, string]>([
    ['', '0: it is empty: write a condition, as in `qos > 0`, or remove it'],
    ['qos >  ', '5: it ends too early: write what comes after `>`'],
    ['(qos == 1', '9: it ends too early: add `)`'],
    ['payload.tags[0', '14: it ends too early: add `]`'],
    ['qos == 1)', '8: nothing is open that this `)` could close: remove it'],
    ['qos = 1', '4: `=` is not known: write `==`'],
    ['qos === 1', '6: `=` is too much: write `==`'],
    ['qos <> 1', '5: `<>` is not known: write `!=`'],
    ['qos == 1 and qos == 2', '9: `and` is not known: write `&&`'],
    ['qos == 1 OR qos == 2', '9: `OR` is not known: write `||`'],
    ['not result', '4: `not` is not known: write `!result`'],
    ['payload.a is null', '10: `is` is not known: write `==`'],
    ['${qos} > 0', '0: fields are written without `${}` here: write `qos`, not `${qos}`'],
    ['clientid == "x', '12: this text is not closed: add `"` behind it'],
    ['clientid == “x”', '12: `“` is not known: write `"`'],
    ['payload.0 == 1', '8: an item of a list is written without `.`, as in `payload.list[0]`'],
    ['for == 1', '0: `for` is a word of CEL itself, and no field: write a field'],
    [
      'clientid matches "x"',
      '9: `matches` is not expected here: put an operator such as `&&` or `==` before it, or remove it',
    ],
    ['qos == 99999999999999999999u', '7: `99999999999999999999u` is too large: write a smaller number'],
  ])('of %s, which is no CEL', (text, expected) => {
    expect(problemOf(text)).toBe(expected)
  })

  it('is a condition without that mistake, where one is written', () => {
    const mistaken = [
      'qos == "1"',
      'clientid > 0',
      '!clientid',
      'has(username)',
      'topic[0] == "a"',
      'payload.a + 1 > 2',
      'payload.a % 2 == 0',
      'pub_props.Content-Type == "x"',
      'username',
      'topic.length > 3',
    ]
    for (const text of mistaken) {
      const fix = /write `(.*)`$/.exec(problemOf(text) ?? '')?.[1] ?? 'nothing'
      // The fix is of a part, which may be no condition by itself.
      const type = [fix, `${fix} == 1`, `${fix} == "x"`, `${fix} > 1.0`].some(
        (whole) => problemOf(whole) === null,
      )
      expect([text, fix, type]).toEqual([text, fix, true])
    }
  })

  it('leaves alone what can be told', () => {
    for (const text of [
      'payload.a + 1.0 > 2',
      'payload.a + payload.b > 2',
      'payload.a + "x" == "yx"',
      'timestamp - publish_received_at > 1000',
      'payload.a > qos',
      'size(payload.l) + 1 > 2',
      'int(payload.a) % 2 == 0',
      'double(qos) + payload.a > 1.0',
      '[1, 2].exists(x, x - 1 == 0)',
      'payload["device-id"] == "x"',
      'pub_props["User-Property"].region == "eu"',
      'payload.n < 9007199254740991',
      'has(payload.a) ? payload.a > 1 : false',
    ])
      expect([text, problemOf(text)]).toEqual([text, null])
  })
})

describe('the fix keeps the meaning', () => {
  it.each<[string, string]>([
    ['!username in ["a"]', '0: the `!` is only for `username`: write `!(username in ["a"])`'],
    ['!payload.a in ["a"]', '0: the `!` is only for `payload.a`: write `!(payload.a in ["a"])`'],
    ['! (username) in ["a"]', '0: the `!` is only for `username`: write `!((username) in ["a"])`'],
    ['!clientid == "a"', '0: the `!` is only for `clientid`: write `clientid != "a"`'],
    ['!clientid != "a"', '0: the `!` is only for `clientid`: write `clientid == "a"`'],
    ['qos == 1 && !qos > 1', '12: the `!` is only for `qos`: write `!(qos > 1)`'],
    ['!payload.a == 1', '0: the `!` is only for `payload.a`: write `payload.a != 1`'],
    ['payload.l.exists(x, !x == "a")', '20: the `!` is only for `x`: write `x != "a"`'],
    ['not qos > 1', '4: `not` is not known: write `!(qos > 1)`'],
    ['not (qos > 1)', '0: there is no function `not`: write `!(qos > 1)`'],
    ['not has(payload.a)', '4: `not` is not known: write `!has(payload.a)`'],
    ['qos == 1 && not username == "a"', '16: `not` is not known: write `!(username == "a")`'],
    ['username not in ["a"]', '9: `not in` is not known: write `!(username in ["a"])`'],
    [
      '(qos == 1 && username NOT IN ["a"]) || qos == 2',
      '22: `NOT IN` is not known: write `!(username in ["a"])`',
    ],
    ['username IN ["a"]', '9: `IN` is not known: write `in`'],
    ['payload.a is not null', '10: `is not` is not known: write `!=`'],
    ['qos => 1', '4: `=>` is not known: write `>=`'],
    ['qos =< 1', '4: `=<` is not known: write `<=`'],
    [
      'clientid =~ "x"',
      '9: there are no regular expressions here: use `startsWith`, `endsWith` or `contains`, as in `clientid.startsWith("x")`',
    ],
    ['username in ("a","b")', '16: a list is written in square brackets: write `in ["a","b"]`'],
    ['username in ("a")', '0: `username` is text and `"a"` text: write `username in ["a"]`'],
    [
      'has(pub_props.User-Property)',
      '0: CEL takes the `-` in a name for a minus: write `"User-Property" in pub_props`',
    ],
    ['has(payload.device-id)', '0: CEL takes the `-` in a name for a minus: write `"device-id" in payload`'],
    ['payload.`a-b` == 1', '8: this name stands in brackets: write `payload["a-b"]`'],
    ['payload.größe == 1', '10: this name stands in brackets: write `payload["größe"]`'],
    ['payload.in == 1', '8: this name stands in brackets: write `payload["in"]`'],
    ['payload.a.1a == 1', '10: this name stands in brackets: write `payload.a["1a"]`'],
    ['payload.tags.in("a")', '13: `in` is no method: write `"a" in payload.tags`'],
    ['payload.a == None', '13: `None` is not known: write `null`'],
    ['payload.a == True', '13: `True` is not known: write `true`'],
    [
      'timestamp > 99999999999999999999',
      '12: `99999999999999999999` is beyond 2^53 - 1, which no number of an event is: write a smaller one',
    ],
    [
      'timestamp.getHours() > 1',
      '0: `getHours` does not take this, `timestamp` is a whole number: write `timestamp(timestamp / 1000).getHours()`',
    ],
    [
      'payload.exists("a")',
      '0: `exists` looks at the items of a list, `has` asks for a member: write `has(payload.a)`',
    ],
    [
      'exists(payload.a)',
      '0: `exists` looks at the items of a list, `has` asks for a member: write `has(payload.a)`',
    ],
    ['payload.list.any(x, x > 1.0)', '13: there is no method `any`, did you mean `list.exists(x, x > 1.0)`?'],
    ['payload.a > 1e400', '12: `1e400` is too large: write a smaller number'],
    ['qos > 0 && && qos < 2', '11: this `&&` is too much: remove it'],
    ['payload.v is double', '10: `is` is not known: write `type(payload.v) == double`'],
    ['qos >\u200b 0', '5: there is a character here that one cannot see (U+200B): remove it'],
    ['qos >\u00a00', '5: there is a character here that one cannot see (U+00A0): write an ordinary blank'],
    [
      'p\u0430yload.x == 1',
      '1: the `\u0430` in `p\u0430yload` only looks like a letter of the Latin alphabet (U+0430): write it anew',
    ],
    ['größe == 1', '2: `ö` (U+00F6) is in the name of no field: write the name of one, or a text in quotes'],
    ['qos \uff1e 0', '4: `\uff1e` (U+FF1E) is not known: write `>`'],
    [
      'payload.l.exists(x, x in ["a", "b"])',
      '20: `exists` may only compare each item (with `==`, `<` and their like, `&&`, `||`, `!`, `? :`, `has`, and `startsWith` or `endsWith` with a text that is written out), since a device may send very many: write `x == "a" || x == "b"`',
    ],
  ])('of %s', (text, expected) => {
    expect(problemOf(text)).toBe(expected)
  })

  it.each([
    ['!username in ["u"]', 'username in ["u"]'],
    ['!clientid == "c1"', 'clientid == "c1"'],
    ['!qos > 0', 'qos > 0'],
    ['not qos > 0', 'qos > 0'],
    ['username not in ["u"]', 'username in ["u"]'],
    ['not (qos > 0)', 'qos > 0'],
  ])('of %s is the opposite of %s', (mistaken, comparison) => {
    const fix = /write `(.*)`$/.exec(problemOf(mistaken) ?? '')?.[1] ?? ''
    const holds = (text: string) => {
      expect([text, problemOf(text)]).toEqual([text, null])
      return compileCondition(text, ['message.publish'])(new RuleInput(EVENTS['message.publish'], 't'))
    }
    expect(holds(fix)).toBe(!holds(comparison))
  })

  it('of a time in ms is its hour', () => {
    const event = EVENTS['message.publish']
    const hour = new Date(event.message.timestampMs).getUTCHours()
    const text = `timestamp(timestamp / 1000).getHours() == ${hour}`
    expect(compileCondition(text, ['message.publish'])(new RuleInput(event, 't'))).toBe(true)
  })
})

describe('the place', () => {
  it.each<[string, string[]]>([
    ['a literal block', ['when: |', '  qos > 0 &&', '', '    username == "a" &&', '  clientidd == "x"']],
    ['a folded one', ['when: >- # folded', '     qos > 0 &&', '     clientidd == "x"']],
    ['several plain lines', ['when: qos > 0 &&', '  clientidd == "x"']],
    ['single quotes', ["when: 'payload.a == ''x'' &&", '  clientidd == "x"\'']],
    ['double quotes with escapes', ['when: "username == \\"a\\\\n\\" && clientidd == \\"x\\""']],
    ['double quotes and a continued line', ['when: "qos > 0 \\', '   && clientidd == 0"']],
  ])('in %s is that of the mistake itself', (_title, written) => {
    const [mistake] = mistakesOf(rule(...written))
    expect(mistake).toMatch(/there is no field `clientidd`/)
    const [line = 0, column = 0] = (mistake ?? '').split(':').map(Number)
    expect(
      rule(...written)
        .split('\n')
        [line - 1]?.slice(column - 1),
    ).toMatch(/^clientidd/)
  })

  it('of an end that comes too early is behind the last word', () => {
    expect(mistakesOf(rule('when: |', '  qos > 0 &&', '', 'key: null'))).toEqual([
      '5:17: in `when`, it ends too early: write what comes after `&&`',
    ])
  })

  it('of a condition behind an alias is where that is written', () => {
    const text = lines(
      'rules:',
      '  - {hook: message.publish, topic: t, when: &w "qos == nothing"}',
      '  - {hook: message.publish, topic: u, when: *w}',
    )
    expect(mistakesOf(text).map((mistake) => mistake.slice(0, 5))).toEqual(['2:56:'])
  })
})
