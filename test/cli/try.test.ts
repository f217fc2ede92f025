import { describe, expect, it } from 'vitest'
import { runTry } from '../../src/cli/try.ts'
import { callOf } from '../trial/hook-calls.ts'

const RULES = [
  'rules:',
  '  - {name: states, hook: message.publish, filter: devices/+/state, topic: state, format: emqx, headers: {region: eu}}',
  '  - {name: low, hook: message.publish, topic: low, when: payload.battery < 20.0, key: "${topic[1]}"}',
  '  - {name: raw, hook: message.publish, topic: raw, format: payload, partition: 3, key: null}',
].join('\n')
const EVENT =
  '{"event":"message.publish","clientid":"d1","topic":"devices/d1/state","payload":{"battery":83.40},"qos":1}'

async function tryOut(words: readonly string[], files: Readonly<Record<string, string | Buffer>> = {}) {
  const text = { out: '', err: '' }
  const to = (name: 'out' | 'err') => ({
    print(more: string) {
      text[name] += more
      return Promise.resolve(true)
    },
  })
  const all: Readonly<Record<string, string | Buffer>> = {
    'rules.yaml': RULES,
    'event.json': EVENT,
    ...files,
  }
  const readBytes = (path: string) => {
    const content = all[path]
    if (content === undefined) throw Object.assign(new Error('none'), { code: 'ENOENT' })
    return Buffer.from(content)
  }
  const code = await runTry(words, { readBytes, out: to('out'), err: to('err') })
  return { code, ...text }
}

it('shows the rules and the records to the byte', async () => {
  const { code, out, err } = await tryOut(['rules.yaml', 'event.json'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out.slice(0, out.indexOf('\nrecord 2'))).toBe(
    [
      'message.publish, client d1, topic devices/d1/state',
      'not given, so: id=00000000000000000000000000000001 node=emqx@127.0.0.1 peerhost=127.0.0.1 protocol=mqtt timestamp=1767225600000',
      '',
      '+  states  makes state',
      '-  low     when: false, payload.battery < 20.0',
      '+  raw     makes raw',
      '',
      'record 1, by rule states, 442 bytes in the queue',
      '  topic      state',
      '  partition  by key',
      '  key        d1',
      '  timestamp  1767225600000 (2026-01-01T00:00:00.000Z)',
      '  headers    emqx-event: message.publish',
      '             emqx-message-id: 00000000000000000000000000000001',
      '             region: eu',
      '  value      JSON, 291 bytes',
      '    {',
      '      "event": "message.publish",',
      '      "id": "00000000000000000000000000000001",',
      '      "clientid": "d1",',
      '      "username": "",',
      '      "topic": "devices/d1/state",',
      '      "qos": 1,',
      '      "payload": "{\\"battery\\":83.40}",',
      '      "peerhost": "127.0.0.1",',
      '      "protocol": "mqtt",',
      '      "timestamp": 1767225600000,',
      '      "publish_received_at": 1767225600000,',
      '      "node": "emqx@127.0.0.1"',
      '    }',
      '',
    ].join('\n'),
  )
  expect(out).toMatch(/partition {2}3\n {2}key {8}null\n/)
  expect(out).toMatch(/value {6}JSON, 17 bytes\n {4}\{\n {6}"battery": 83\.40\n {4}\}\n$/)
})

it('gives the same as JSON', async () => {
  const { out } = await tryOut(['rules.yaml', 'event.json', '--json'])
  expect(out.split('\n')).toHaveLength(2)
  const { rules, records, defaults } = JSON.parse(out)
  expect(rules).toEqual([
    { name: 'states', made: 1, topics: [{ topic: 'devices/d1/state', made: 1 }] },
    {
      name: 'low',
      made: 0,
      reason: 'when',
      topics: [{ topic: 'devices/d1/state', made: 0, reason: 'when' }],
    },
    { name: 'raw', made: 1, topics: [{ topic: 'devices/d1/state', made: 1 }] },
  ])
  expect(defaults.node).toBe('emqx@127.0.0.1')
  expect(records[1]).toMatchObject({
    rule: 'raw',
    topic: 'raw',
    partition: 3,
    key: null,
    value: { battery: 83.4 },
  })
  expect(Buffer.from(records[1].value_base64, 'base64').toString()).toBe('{"battery":83.40}')
  // Every digit, as in the record itself.
  expect(out).toContain('"value":{"battery":83.40}')
})

describe('a subscription', () => {
  const files = {
    'rules.yaml': [
      'rules:',
      '  - {name: some, hook: client.subscribe, filter: a/+, exclude: [x, a/b], topic: t}',
      '  - {name: none, hook: client.subscribe, filter: q, topic: t}',
      '  - {name: messages, hook: message.publish, topic: t}',
    ].join('\n'),
    'event.json': '{"event":"client.subscribe","topic":["a/#","a/b","$share/g/c"]}',
  }

  it('of several topic filters shows what became of each', async () => {
    const { out } = await tryOut(['rules.yaml', 'event.json'], files)
    const lines = out.split('\n')
    expect(lines.slice(3, lines.indexOf('', 3))).toEqual([
      '+  some          makes a record for 1 of 3 topic filters',
      '+    a/#         makes t',
      '-    a/b         exclude: a/b covers it',
      '-    $share/g/c  filter: no topic in common with a/+',
      '-  none          takes none of 3 topic filters',
      '-    a/#         filter: no topic in common with q',
      '-    a/b         filter: no topic in common with q',
      '-    $share/g/c  filter: no topic in common with q',
      '-  messages      hook: it takes message.publish, not client.subscribe',
    ])
  })

  it('tells the same as JSON', async () => {
    const { out } = await tryOut(['rules.yaml', 'event.json', '--json'], files)
    const fallen = { made: 0, reason: 'filter' }
    expect(JSON.parse(out).rules).toEqual([
      {
        name: 'some',
        made: 1,
        topics: [
          { topic: 'a/#', made: 1 },
          { topic: 'a/b', made: 0, reason: 'exclude', excluded_by: 'a/b' },
          { topic: '$share/g/c', ...fallen },
        ],
      },
      {
        name: 'none',
        ...fallen,
        topics: ['a/#', 'a/b', '$share/g/c'].map((topic) => ({ topic, ...fallen })),
      },
      { name: 'messages', made: 0, reason: 'hook' },
    ])
  })

  it('of one topic filter takes a line, with the filter that covers it', async () => {
    const one = { ...files, 'event.json': '{"event":"client.subscribe","topic":"a/b"}' }
    const { out } = await tryOut(['rules.yaml', 'event.json'], one)
    expect(out).toContain('\n-  some      exclude: a/b covers it\n')
  })
})

it('says why a payload was not looked into, and why a partition is not as the rule asks', async () => {
  const rules = [
    'rules:',
    '  - {name: cond, hook: message.publish, topic: t, when: payload.a == 1}',
    '  - {name: made, hook: message.publish, topic: "t.${payload.a}", allow: [t.*]}',
    '  - {name: part, hook: message.publish, topic: t, partition: "${payload.a}"}',
    '  - {name: far, hook: message.publish, topic: t, partition: "3${qos}00000000"}',
  ].join('\n')
  const event = (payload: string) => JSON.stringify({ event: 'message.publish', topic: 'x', payload })
  const trial = async (payload: string) => {
    const { out } = await tryOut(['rules.yaml', 'event.json'], {
      'rules.yaml': rules,
      'event.json': event(payload),
    })
    return out.split('\n').filter((line) => /^[+-] {2}/.test(line))
  }
  const outOfRange =
    '+  far   makes t; PARTITION_ILLEGAL: `partition` makes something else than a whole number from 0 to 2147483647: the key chooses the partition'
  const empty =
    '+  part  makes t; PARTITION_ILLEGAL: `partition` is empty, what it names is missing: the key chooses the partition'
  for (const [payload, code, why] of [
    [`{"a":1,"b":"${'x'.repeat(300_000)}"}`, 'JSON_TOO_LARGE', 'larger than 256 KiB'],
    [`{"a":1,"b":${'['.repeat(250)}${']'.repeat(250)}}`, 'JSON_TOO_DEEP', 'nested more than 200 levels deep'],
  ] as const)
    expect(await trial(payload)).toEqual([
      `-  cond  when: it could not be told, ${code}: the payload is ${why}, so it is not looked into`,
      `+  made  makes exhook.dead-letters; TOPIC_MISSING_FIELD: \${payload.a} is missing or empty: the payload is ${why}, so it is not looked into`,
      empty,
      outOfRange,
    ])
  expect(await trial('{"a":1}')).toEqual([
    '+  cond  makes t',
    '+  made  makes t.1',
    '+  part  makes t',
    outOfRange,
  ])
})

describe('a record', () => {
  it('whose value is no text is shown as hex, or base64', async () => {
    const event = (bytes: Buffer) =>
      JSON.stringify({ event: 'message.publish', topic: 'x', payload_base64: bytes.toString('base64') })
    const short = await tryOut(['rules.yaml', 'event.json'], { 'event.json': event(Buffer.from([0, 255])) })
    expect(short.out).toContain('value      bytes, 2 bytes\n    hex 00ff (2 bytes)\n')
    const long = await tryOut(['rules.yaml', 'event.json'], { 'event.json': event(Buffer.alloc(40, 255)) })
    expect(long.out).toContain('base64 //')
  })

  it('shows nothing that a terminal would obey', async () => {
    const odd = JSON.stringify({
      event: 'message.publish',
      topic: 'devices/\u001b[31m/state',
      clientid: '\u202e',
      payload: '\u0007',
    })
    const { out } = await tryOut(['rules.yaml', 'event.json'], { 'event.json': odd })
    expect(out.replaceAll('\n', '')).toMatch(/^\P{C}*$/u)
  })

  it('is a dead letter where the topic cannot be told', async () => {
    const rules = 'rules: [{name: r, hook: message.publish, topic: "t.${payload.x}", allow: [t.*]}]'
    const { out } = await tryOut(['rules.yaml', 'event.json'], { 'rules.yaml': rules })
    expect(out).toContain(
      '+  r  makes exhook.dead-letters; TOPIC_MISSING_FIELD: ${payload.x} is missing or empty',
    )
    expect(out).toContain('exhook-failure-code: TOPIC_MISSING_FIELD')
  })

  it('is none where no rule matches', async () => {
    const event = '{"event": "client.connected"}'
    const { code, out } = await tryOut(['rules.yaml', 'event.json'], { 'event.json': event })
    expect(code).toBe(0)
    expect(out).toContain('-  low     hook: it takes message.publish, not client.connected')
    expect(out).toMatch(/\nno record\n$/)
  })
})

describe('a recorded call', () => {
  const call = callOf(EVENT)

  it.each(['message.publish', 'OnMessagePublish'])('of %s makes the same records', async (hook) => {
    const recorded = await tryOut(['rules.yaml', 'call.bin', '--json', '--hook', hook], {
      'call.bin': call.getRequest(),
    })
    const written = await tryOut(['rules.yaml', 'event.json', '--json'])
    expect(JSON.parse(recorded.out).records).toEqual(JSON.parse(written.out).records)
    expect(JSON.parse(recorded.out).defaults).toEqual({ timestamp: 1767225600000 })
  })

  it('of another hook is a mistake', async () => {
    const wrong = await tryOut(['rules.yaml', 'call.bin', '--hook=message.publish'], {
      'call.bin': Buffer.from([255]),
    })
    expect(wrong).toEqual({
      code: 1,
      out: '',
      err: 'call.bin: these bytes are no request of message.publish\n1 mistake\n',
    })
  })

  it('is not an event in JSON', async () => {
    const wrong = await tryOut(['rules.yaml', 'event.json', '--hook', 'message.publish'])
    expect(wrong).toMatchObject({ code: 1, out: '' })
    expect(wrong.err).toContain('an event in JSON names its hook itself, so leave out `--hook`')
  })

  it('needs its hook', async () => {
    const wrong = await tryOut(['rules.yaml', 'call.bin'], { 'call.bin': Buffer.from([255]) })
    expect(wrong).toMatchObject({ code: 1 })
    expect(wrong.err).toContain('of the bytes of a hook call say its `--hook`')
  })
})

describe('mistakes', () => {
  it('of both files are told at once', async () => {
    const files = {
      'rules.yaml': 'rules: [{hook: message.publsh, topic: t}]',
      'event.json': '{"event": "x"}',
    }
    const { code, out, err } = await tryOut(['rules.yaml', 'event.json'], files)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(err).toContain('rules.yaml:1:16: there is no hook `message.publsh`')
    expect(err).toContain('event.json:1:11: there is no hook `x`')
    expect(err).toMatch(/2 mistakes\n$/)
  })

  it('of words have exit code 2', async () => {
    expect(await tryOut(['rules.yaml'])).toMatchObject({ code: 2, out: '' })
    expect((await tryOut(['rules.yaml'])).err).toContain('name a file with the event')
    expect((await tryOut(['rules.yaml', 'event.json', '--jsn'])).err).toContain('did you mean `--json`?')
    expect((await tryOut(['a', 'b', '--hook', 'OnMessagePublsh'])).err).toContain(
      'did you mean `message.publish`',
    )
    expect(await tryOut(['rules.yaml', 'none.json'])).toMatchObject({
      code: 1,
      err: 'none.json: there is no such file: check the path\n1 mistake\n',
    })
  })

  it('are none in asking for help', async () => {
    expect(await tryOut(['--help'])).toMatchObject({ code: 0, err: '' })
  })
})
