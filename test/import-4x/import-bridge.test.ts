import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { duplicateFields } from '../../src/import-4x/duplicate-fields.ts'
import { importBridge } from '../../src/import-4x/import-bridge.ts'
import { writeConfig, writeConfigFile } from '../../src/import-4x/write-config.ts'
import { writeRules } from '../../src/import-4x/write-rules.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import { readRules } from '../../src/rules/rule-file.ts'
import { load } from '../config/sources.ts'
import { EVENTS } from '../rules/sample-events.ts'

const hook = (name: string, json: object | string) =>
  `bridge.kafka.hook.${name}.1 = ${typeof json === 'string' ? json : JSON.stringify(json)}`
const said = (text: string) => importBridge(text).findings.map(({ level, text: what }) => `${level}: ${what}`)
const one = (name: string, json: object | string) => {
  const { rules, findings } = importBridge(hook(name, json))
  return { rule: rules[0], findings: findings.filter(({ line }) => line > 0) }
}

describe('a line of a hook', () => {
  it.each([
    ['client.connected', { topic: 't' }, { hook: 'client.connected', filter: null, topic: 't' }],
    ['client.disconnected', { topic: 't' }, { hook: 'client.disconnected', filter: null, topic: 't' }],
    ['session.subscribed', { filter: '#', topic: 't' }, { hook: 'session.subscribed', filter: '#' }],
    ['session.unsubscribed', { filter: 'a/+', topic: 't' }, { hook: 'session.unsubscribed', filter: 'a/+' }],
    ['message.publish', { filter: 'a/#', topic: 't' }, { hook: 'message.publish', filter: 'a/#' }],
    ['message.delivered', { filter: '#', topic: 't' }, { hook: 'message.delivered' }],
    ['message.deliver', { filter: '#', topic: 't' }, { hook: 'message.delivered' }],
    ['message.acked', { topic: 't', format: 'json' }, { hook: 'message.acked', filter: null }],
    ['session.takeovered', { topic: 't' }, { hook: 'session.takenover' }],
    [
      'message.publish',
      { action: 'on_message_publish', pool: 'pool1', filter: '#', topic: 't' },
      { topic: 't' },
    ],
  ])('%s %j', (name, json, rule) => {
    const made = one(name, json)
    expect(made.rule).toMatchObject(rule)
    expect(made.findings.filter(({ level }) => level === 'problem')).toEqual([])
  })

  it.each([
    ['message.publsh', { topic: 't' }, 'there is no hook `message.publsh`, did you mean `message.publish`?'],
    ['message.publish', '{"topic": "t"', 'the value is no JSON object'],
    ['message.publish', '["t"]', 'the value is no JSON object'],
    ['message.publish', { filter: '#' }, 'there is no `topic`'],
    ['message.publish', { topic: 7 }, '`topic` is no text'],
    ['message.publish', { topic: 'a b' }, 'no rule: `topic` cannot be `a b`'],
    ['message.publish', { topic: '__consumer_offsets' }, 'no rule: `topic` cannot be'],
    ['message.publish', { topic: 't', filter: 'a/#/b' }, 'no rule: `filter` cannot be `a/#/b`'],
    ['message.publish', { topic: 't', filter: '$SYS/#/b' }, 'no rule: `filter` cannot be `$SYS/#/b`'],
    ['client.connected', { topic: 't', key: '${topic}' }, 'no rule: in `key`, client.connected has no'],
  ])('%s %j gives no rule, and says why', (name, json, why) => {
    const made = one(name, json)
    expect(made.rule).toBeUndefined()
    expect(made.findings.filter(({ level }) => level !== 'note')).toEqual([
      { level: 'problem', line: 1, text: expect.stringContaining(why) },
    ])
  })

  it.each([
    [{ topik: 'x' }, 'unknown field `topik`, did you mean `topic`?'],
    [{ format: 'avro' }, 'the format `avro`'],
    [{ action: 'on_client_connected' }, 'the action `on_client_connected`'],
    [{ strategy: 'sticky' }, 'the strategy `sticky`'],
  ])('with %j gives a rule and a problem', (json, why) => {
    const made = one('message.publish', { topic: 't', ...json })
    expect(made.rule).toMatchObject({ topic: 't' })
    expect(made.findings).toEqual([{ level: 'problem', line: 1, text: expect.stringContaining(why) }])
  })

  it('leaves out the filter of a hook without a topic, and says so', () => {
    expect(one('client.connected', { topic: 't', filter: 'a/b' })).toMatchObject({
      rule: { filter: null },
      findings: expect.arrayContaining([
        { level: 'warning', line: 1, text: expect.stringContaining('filter `a/b`') },
      ]),
    })
  })
})

describe('the key', () => {
  it.each([
    [{}, undefined],
    [{ strategy: 'random' }, null],
    [{ strategy: 'roundrobin' }, null],
    [{ strategy: 'per_partition_dispatch' }, null],
    [{ strategy: 'first_key_dispatch' }, undefined],
    [{ strategy: 'first_key_dispatch', key: '${username}' }, '${username}'],
    [{ strategy: 'random', key: '${clientid}' }, '${clientid}'],
    [{ key: '${clientid}' }, '${clientid}'],
    [{ key: '${client_id}' }, '${clientid}'],
    [{ key: '%c' }, '${clientid}'],
    [{ key: '%u' }, '${username}'],
    [{ key: '' }, null],
    [{ strategy: 'random', key: '' }, null],
    [{ strategy: 'first_key_dispatch', key: '' }, null],
  ])('of %j is %s', (json, key) => {
    expect(one('message.publish', { topic: 't', ...json }).rule?.key).toBe(key)
  })
})

it.each([
  ['message.publish', { topic: 't', strategy: 'random', key: '' }],
  ['message.publish', { topic: 't', strategy: 'first_key_dispatch', key: '' }],
  ['message.publish', { topic: 't', key: '' }],
  ['message.deliver', { topic: 'a b', strategy: 'random', format: 'avro' }],
  ['client.connected', { topic: '__x', filter: 'a', pool: 'p' }],
])('%s %j is told one thing, not two that contradict each other', (name, json) => {
  const ofRecords = 'the record has the fields of 4.x and more'
  expect(one(name, json).findings.filter(({ text }) => text !== ofRecords)).toHaveLength(1)
})

describe('a field that is there twice', () => {
  it.each([
    ['{"topic":"a", "topic":"b"}', 'b', ['`topic`', '`b`']],
    ['{"topic":"a", "t\\u006fpic":"a\\"}"}', undefined, ['`topic`']],
    ['{"topic":"b", "key":"k1", "key":"k2", "key":"%c"}', 'b', ['`key`', '`%c`']],
    ['{"topic":"b", "x":1, "x":2}', 'b', ['`x`']],
  ])('in %s counts as it stands last, which is said', (json, topic, parts) => {
    const { rule, findings } = one('message.publish', json)
    expect(rule?.topic).toBe(topic)
    const warnings = findings.filter(({ text }) => text.includes('more than once'))
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ level: 'warning', line: 1 })
    for (const part of parts) expect(warnings[0]?.text).toContain(part)
  })

  it('is none where it stands in texts or in different objects', () => {
    const json = '{"topic":"t", "filter":"{\\"topic\\":1, \\"topic\\":2}", "a":{"b":1,"b":2}, "b":[{"a":1}]}'
    expect(duplicateFields(json)).toEqual([])
  })

  it('is found in any object, and nothing else is', () => {
    const pairs = fc.array(
      fc.tuple(fc.constantFrom('a', 'b', '"', '\\', ':', 'ü'), fc.jsonValue({ maxDepth: 2 })),
    )
    fc.assert(
      fc.property(pairs, (fields) => {
        const names = fields.map(([name]) => name)
        const json = fields.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
        const twice = new Set(names.filter((name, index) => names.indexOf(name) < index))
        expect(new Set(duplicateFields(`{${json.join(' , ')}}`))).toEqual(twice)
      }),
    )
  })
})

it('a line of `$SYS/` messages gives no rule, which is a warning: EMQX sends them to no hook', () => {
  const { rule, findings } = one('message.publish', { topic: 't', filter: '$SYS/#' })
  expect(rule).toBeUndefined()
  expect(findings).toEqual([
    {
      level: 'warning',
      line: 1,
      text: expect.stringContaining('EMQX sends its own `$SYS/` messages to no hook'),
    },
  ])
})

describe('a setting', () => {
  it.each([
    ['servers = a:9092, b:9093', 'kafka.brokers', ['a:9092', 'b:9093']],
    ['pool1.server = a:9092', 'kafka.brokers', ['a:9092']],
    ['producer.compression = no_compression', 'kafka.compression', 'none'],
    ['producer.compression = snappy', 'kafka.compression', 'snappy'],
    ['producer.max_batch_bytes = 1024KB', 'kafka.batch_max_bytes', '1MiB'],
    ['producer.max_batch_bytes = 1000', 'kafka.batch_max_bytes', '1000'],
    ['ssl = on', 'kafka.tls', true],
  ])('%s', (line, path, value) => {
    const { options, findings } = importBridge(`bridge.kafka.${line}`)
    expect(options).toEqual([{ line: 1, path, value }])
    expect(findings.filter(({ line: at }) => at > 0)).toEqual([])
  })

  it.each([
    ['ssl.cacertfile', 'kafka.tls_ca_file'],
    ['ssl.certfile', 'kafka.tls_cert_file'],
    ['ssl.keyfile', 'kafka.tls_key_file'],
  ])('%s, with a reminder that it is a file of another machine', (name, path) => {
    const other = name === 'ssl.certfile' ? 'keyfile' : 'certfile'
    const both = name === 'ssl.cacertfile' ? '' : `bridge.kafka.ssl.${other} = b.pem\n`
    const text = `bridge.kafka.${name} = /etc/emqx/a.pem\nbridge.kafka.ssl = on\n${both}`
    const { options, findings } = importBridge(text)
    expect(options).toContainEqual({ line: 1, path, value: '/etc/emqx/a.pem' })
    expect(JSON.stringify(findings)).toContain('copy ')
  })

  it.each([
    'query_api_versions = true',
    'connection_strategy = per_partition',
    'min_metadata_refresh_interval = 5S',
    'produce = sync',
    'produce = async',
    'produce.sync_timeout = 3S',
    'producer.required_acks = none',
    'producer.ack_timeout = 10S',
    'producer.min_batch_bytes = 0',
    'producer.max_send_ahead = 0',
    'encode_payload_type = base64',
    'sock.buffer = 32KB',
    'sock.recbuf = 32KB',
    'sock.sndbuf = 1MB',
    'sock.read_packets = 20',
  ])('%s needs nothing here, which is said', (line) => {
    expect(said(`bridge.kafka.${line}`).filter((text) => text.startsWith('note: '))).toHaveLength(1)
  })

  it.each([
    ['encode_payload_type = plain', 'payloads are base64'],
    ['replayq_dir = /tmp/emqx_bridge_kafka/', 'the queue is in memory'],
    ['query_api_versions = false', 'Kafka 0.11'],
  ])('%s is warned about', (line, what) => {
    expect(said(`bridge.kafka.${line}`)).toContainEqual(expect.stringMatching(`^warning: .*${what}`))
  })

  it.each([
    ['servers = kafka://a:1', 'not host:port: `kafka://a:1`: nothing was made of it'],
    ['servers = u:hunter2@a:9092', 'not host:port: one with a user name'],
    ['servers = a:1, b:c', 'not host:port: `b:c`: left out of kafka.brokers, where the others are: a:1'],
    ['servers = ,', 'not host:port: `,`'],
    ['sevrers = a:1', 'unknown setting `bridge.kafka.sevrers`, did you mean `servers`?'],
    ['servers =', 'the value is empty'],
    ['producer.compression = brotli', 'unknown compression `brotli`'],
    ['producer.required_acks = 2', '`2` is none of'],
    ['producer.max_batch_bytes = lots', '`lots` is no size'],
    ['produce = maybe', '`maybe` is neither'],
  ])('%s is a problem', (line, what) => {
    expect(said(`bridge.kafka.${line}`)).toContainEqual(expect.stringContaining(`problem: ${what}`))
  })

  it.each([
    ['a:1, b, ::1', ['a:1', 'b:9092', '[::1]:9092'], 'warning: no port in `b`, `::1`: 9092 was taken'],
    ['b', ['b:9092'], 'warning: no port in `b`'],
    ['a:1,,b:2,', ['a:1', 'b:2'], null],
    ['a:1, u:hunter2@b:1, c', ['a:1', 'c:9092'], 'problem: not host:port: one with a user name: left out'],
    ['a:1, a:1', ['a:1'], null],
  ])('of servers %s keeps the good ones', (servers, brokers, what) => {
    const text = `bridge.kafka.servers = ${servers}`
    const { options, lines } = importBridge(text)
    expect(options).toContainEqual({ line: 1, path: 'kafka.brokers', value: brokers })
    expect(lines).toMatchObject({ settings: [1], lost: [] })
    const findings = said(text).slice(1)
    expect(findings.join('\n')).not.toContain('hunter2')
    if (what === null) expect(findings).toEqual([])
    else expect(findings).toContainEqual(expect.stringContaining(what))
  })

  it('of which nothing was made counts as such, not as a setting', () => {
    const { lines, options } = importBridge(
      [
        'bridge.kafka.sevrers = a:1',
        'bridge.kafka.servers = a:1',
        'bridge.kafka.servers = b:1',
        'bridge.kafka.compression = gzip',
        'bridge.kafka.producer.compression = lz4',
        'bridge.kafka.produce = maybe',
        'bridge.kafka.produce.sync_timeout = 3S',
      ].join('\n'),
    )
    expect(lines).toMatchObject({ settings: [3, 5, 7], lost: [1, 2, 4, 6] })
    expect(options.map(({ value }) => value)).toEqual([['b:1'], 'lz4'])
  })

  it('that another one overrules asks for nothing to be done', () => {
    const text = 'bridge.kafka.ssl = on\nbridge.kafka.ssl.enable = off\n'
    expect(said(text).filter((what) => what.startsWith('warning'))).toEqual([
      'warning: line 2 sets kafka.tls too, and counts: nothing was made of this one',
    ])
  })

  it('of another plugin, and a line that is none, are problems', () => {
    const { findings, lines } = importBridge('mqtt.max_packet_size = 1MB\nwhat is this\n')
    expect(findings.filter(({ level, line }) => level === 'problem' && line > 0)).toHaveLength(2)
    expect(lines).toMatchObject({ lost: [1, 2], settings: [] })
  })

  it('that is there twice counts once, as the last line has it', () => {
    const { options, findings } = importBridge('bridge.kafka.servers = a:1\nbridge.kafka.servers = b:1\n')
    expect(options).toEqual([{ line: 2, path: 'kafka.brokers', value: ['b:1'] }])
    expect(findings).toContainEqual({
      level: 'warning',
      line: 1,
      text: expect.stringContaining('line 2 has'),
    })
  })

  it('in which a letter was lost before is a problem', () => {
    const text = hook('message.publish', { filter: 'caf\ufffd/#', topic: 't' })
    expect(said(text)).toEqual([
      'problem: a letter of it was lost before (U+FFFD stands there): write it anew',
    ])
  })

  it('of a password is never carried over', () => {
    const imported = importBridge(`bridge.kafka.sasl.password = hunter2\nbridge.kafka.pasword = hunter2\n`)
    const everything = JSON.stringify(imported) + writeRules(imported, 'f') + writeConfig(imported.options)
    expect(everything).not.toContain('hunter2')
  })
})

describe('the rule file', () => {
  const smartLock = [
    '## Kafka Server',
    'bridge.kafka.servers = 127.0.0.1:9092',
    '',
    '## What the locks say',
    hook('message.publish', { filter: 'devices/+/state', topic: 'message_state' }),
    hook('message.acked', { filter: 'devices/+/command', topic: 'message_command' }),
  ].join('\n')

  it('is readable, and cites its source', () => {
    expect(writeRules(importBridge(smartLock), 'emqx_bridge_kafka.conf')).toBe(`\
# Made by \`exhook-kafka import-4x\` from emqx_bridge_kafka.conf, of EMQX 4.x Enterprise's Kafka bridge.
# "line" is a line of that file. Where a rule has no \`key\`, the client id is the key: each client keeps its
# order.
# Comments that do not stand right above a rule's line were left out: 1.
#
# For config.yaml:
#
#   kafka:
#     brokers:
#       - 127.0.0.1:9092

rules:
  ## What the locks say
  # line 5
  - hook: message.publish
    filter: devices/+/state
    topic: message_state

  # line 6
  - hook: message.acked
    filter: devices/+/command
    topic: message_command
`)
  })

  it('of the smart-lock example gives the records of examples/smart-lock.yaml, to the byte', () => {
    const imported = parseRules(writeRules(importBridge(smartLock), 'f'), 'imported.yaml')
    const example = parseRules(
      readFileSync(new URL('../../examples/smart-lock.yaml', import.meta.url), 'utf8'),
      'e',
    )
    const message = { ...EVENTS['message.acked'].message, topic: 'devices/d1/command' }
    const events = [
      EVENTS['message.publish'],
      { ...EVENTS['message.acked'], message, topic: message.topic },
      EVENTS['message.acked'],
    ] as const
    for (const event of events) expect(imported.apply(event)).toEqual(example.apply(event))
    expect(events.map((event) => imported.apply(event).length)).toEqual([1, 1, 0])
    expect(imported.interests).toEqual(example.interests)
  })

  it('passes the check also when there is nothing to write', () => {
    const imported = importBridge('')
    expect(readRules(writeRules(imported, 'f'), 'f').map(({ enabled }) => enabled)).toEqual([false])
    expect(imported.findings).toMatchObject([{ level: 'problem', line: 0 }])
  })

  it('has a config.yaml beside it, which says what of the source is not in it', () => {
    const text =
      'bridge.kafka.servers = a:1, b c\nbridge.kafka.sevrers = x\nbridge.kafka.hook.message.publish.1 = {\n'
    const file = writeConfigFile(importBridge(text), 'x.conf')
    expect(file.split('\n').slice(0, 4)).toEqual([
      '# Made by `exhook-kafka import-4x` from x.conf.',
      '# PROBLEM: line 1: not host:port: `b c`: left out of kafka.brokers, where the others are: a:1',
      '# PROBLEM: line 2: unknown setting `bridge.kafka.sevrers`, did you mean `servers`?: nothing was made of it',
      '',
    ])
    expect(load({ yaml: file }).kafka.brokers).toEqual(['a:1'])
    expect(writeConfigFile(importBridge(''), 'x.conf')).toContain('all options have their defaults')
  })

  it('has the settings as config.yaml takes them', () => {
    const { options } = importBridge(
      'bridge.kafka.servers = a:1,b:2\nbridge.kafka.producer.compression = gzip\nbridge.kafka.producer.max_batch_bytes = 1024KB\n',
    )
    expect(load({ yaml: writeConfig(options) }).kafka).toMatchObject({
      brokers: ['a:1', 'b:2'],
      compression: 'gzip',
      batchMaxBytes: 1_048_576,
    })
  })
})

describe('any file', () => {
  const word = fc.constantFrom(
    ...[
      '#',
      'a/+',
      '+/#',
      'a/#/b',
      '$share/g/t',
      '$SYS/#',
      '',
      ' ',
      'no',
      '1',
      't',
      'a b',
      '%c',
      '${clientid}',
    ],
    ...[
      '${payload.x}',
      '${',
      '\u0000',
      '\u2028',
      '\ud800',
      'ü',
      ': ',
      '- x',
      '"',
      "'",
      '{',
      'random',
      'a\nb',
      '__x',
    ],
    ...['first_key_dispatch', 'exhook.dead-letters', '%', '&x', '*x', '!x', 'null', '~', 'x'.repeat(300)],
  )
  const field = fc.constantFrom(
    'filter',
    'topic',
    'topic',
    'key',
    'strategy',
    'format',
    'action',
    '__proto__',
    'x',
  )
  const value = fc.oneof(word, fc.string(), fc.string({ unit: 'binary' }), fc.constant(1))
  const json = fc
    .array(fc.tuple(field, value))
    .map((pairs) => JSON.stringify(Object.fromEntries([['topic', 't'], ...pairs])))
  const name = fc.constantFrom(
    ...['client.connected', 'client.disconnected', 'session.subscribed', 'session.unsubscribed'],
    ...[
      'message.publish',
      'message.delivered',
      'message.deliver',
      'message.acked',
      'message.dropped',
      'x.y',
      '',
    ],
  )
  const hookLine = fc
    .tuple(name, fc.nat(9), json, fc.constantFrom('', ' # x', ' x'))
    .map(([hookName, n, text, tail]) => `bridge.kafka.hook.${hookName}.${n} = ${text}${tail}`)
  const settingName = fc.constantFrom(
    'servers',
    'producer.compression',
    'ssl',
    'sock.sndbuf',
    'pool1.server',
    'x',
  )
  const settingLine = fc
    .tuple(settingName, fc.oneof(word, fc.constantFrom('a:1', 'a:1,b:2', 'on', 'gzip'), fc.string()))
    .map(([key, text]) => `bridge.kafka.${key} = ${text}`)
  const comment = fc
    .tuple(fc.constantFrom('#', '## ', '#%'), fc.string({ unit: 'binary' }))
    .map((parts) => parts.join(''))
  const file = fc
    .array(fc.oneof(hookLine, hookLine, settingLine, comment, fc.string({ unit: 'binary' }), fc.constant('')))
    .chain((lines) => fc.constantFrom('\n', '\r\n').map((end) => lines.join(end)))

  it('gives a rule file that passes the check, of just the rules it speaks of', () => {
    fc.assert(
      fc.property(file, (text) => {
        const imported = importBridge(text)
        const rules = readRules(writeRules(imported, 'any.conf'), 'rules.yaml')
        const made = rules.filter(({ enabled }) => enabled)
        expect(made.map(({ hooks, topic }) => [hooks[0], topic])).toEqual(
          imported.rules.map(({ hook: point, topic }) => [point, topic]),
        )
        expect(made.map(({ filters }) => filters?.[0] ?? null)).toEqual(
          imported.rules.map(({ filter }) => filter),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('has each of its lines in one of the lists, and says what became of those without a rule', () => {
    fc.assert(
      fc.property(file, (text) => {
        const { lines, options, findings } = importBridge(text)
        const all = Object.values(lines)
          .flat()
          .toSorted((a, b) => a - b)
        expect(all).toEqual(all.map((_, index) => index + 1))
        for (const line of lines.lost)
          expect(findings.some((found) => found.line === line && found.level !== 'note')).toBe(true)
        for (const line of lines.settings)
          expect([...options, ...findings].some((found) => found.line === line)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})
