import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bool,
  brokers,
  bytes,
  count,
  type Format,
  host,
  ms,
  port,
  share,
  smallCount,
  text,
  topicConfig,
} from '../../src/config/formats.ts'
import { isLoopback } from '../../src/config/hosts.ts'
import { OPTION_LIST } from '../../src/config/option-list.ts'
import { formatBytes, parseBytes } from '../../src/config/sizes.ts'

const CASES: readonly [string, Format<unknown>, Readonly<Record<string, unknown>>, readonly string[]][] = [
  [
    'port',
    port,
    { 0: 0, 9000: 9000, 65535: 65535 },
    ['', '-1', '65536', '9000.0', '9e3', '0x10', ' 9000', 'http'],
  ],
  ['count', count, { 1: 1, 100000: 100_000 }, ['0', '-5', '1.5', '1e3', '9007199254740993', 'many']],
  ['small count', smallCount, { 1: 1, 32767: 32_767 }, ['0', '32768', '-1', '3.0', '']],
  [
    'topic config',
    topicConfig,
    {
      'retention.ms=86400000': ['retention.ms=86400000'],
      'retention.ms = 1, segment.bytes=2': ['retention.ms=1', 'segment.bytes=2'],
      'cleanup.policy=compact,delete,retention.ms=-1': ['cleanup.policy=compact,delete', 'retention.ms=-1'],
      'min.insync.replicas=2': ['min.insync.replicas=2'],
      'a=b=c': ['a=b=c'],
    },
    ['', 'retention.ms', '=1', 'retention.ms=', 'a=1,a=2', 'a=1,', ',a=1', 'A b=1', 'a=1\nb', '1=a'],
  ],
  ['ms', ms, { 0: 0, 2147483647: 2_147_483_647 }, ['2147483648', '5s', '-1', '']],
  ['share', share, { 1: 1, '0.5': 0.5, '.25': 0.25 }, ['0', '0.0', '1.1', '-0.5', '50%', '1e-1', 'half']],
  ['bool', bool, { true: true, false: false }, ['yes', 'on', '1', 'TRUE', '']],
  ['text', text, { x: 'x', ' a b ': ' a b ' }, ['']],
  [
    'bytes',
    bytes,
    { 1: 1, 1024: 1024, '64MiB': 67_108_864, '512 kib': 524_288, '1GB': 1e9, '1.5KiB': 1536, '7B': 7 },
    ['0', '-1', '64M', '64Mi', '1.0001KiB', 'MiB', '1 MiB ', '64  MiB', '1TiB', '9007199254740993', ''],
  ],
  [
    'host',
    host,
    { '0.0.0.0': '0.0.0.0', '::1': '::1', 'kafka.kafka.svc.cluster.local': 'kafka.kafka.svc.cluster.local' },
    ['', 'a b', 'localhost:9000', '[::1]', 'http://x', '300.1.1.1', '-a', 'a..b', '*', 'x'.repeat(254)],
  ],
  [
    'brokers',
    brokers,
    {
      'a:9092': ['a:9092'],
      'a:9092, b.c:9093': ['a:9092', 'b.c:9093'],
      '[::1]:9092': ['[::1]:9092'],
    },
    ['', 'a', 'a:', ':9092', 'a:0', 'a:65536', 'a:9092,', 'u:p@a:9092', 'SSL://a:9092', '::1:9092', '[a]:1'],
  ],
]

describe.each(CASES)('%s', (_, format, good, bad) => {
  it.each(Object.entries(good))('reads %s', (written, value) => {
    expect(format.parse(written)).toEqual(value)
    expect(format.accepts(value)).toBe(true)
    expect(format.parse(format.show(value))).toEqual(value)
  })

  it.each(bad)('refuses %j', (written) => {
    expect(format.parse(written)).toBeUndefined()
  })
})

describe('every format', () => {
  it('never throws, and accepts what it reads', () => {
    fc.assert(
      fc.property(fc.constantFrom(...OPTION_LIST), fc.string(), ({ format }, written) => {
        const value = format.parse(written)
        if (value !== undefined) expect(format.accepts(value)).toBe(true)
      }),
    )
  })

  it.each(OPTION_LIST.map(({ path, format }) => [path, format] as const))(
    'of %s refuses what it is not',
    (_, format) => {
      for (const value of [null, undefined, {}, [], '', Number.NaN, -1])
        expect(format.accepts(value)).toBe(false)
    },
  )
})

describe('sizes', () => {
  it('are read back as they were written', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (size) => {
        expect(parseBytes(formatBytes(size))).toBe(size)
      }),
    )
    expect([0, 1, 1023, 1024, 67_108_864, 3 * 1024 ** 3, 1500].map(formatBytes)).toEqual([
      '0',
      '1',
      '1023',
      '1KiB',
      '64MiB',
      '3GiB',
      '1500',
    ])
  })
})

describe('loopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('%s is', (name) =>
    expect(isLoopback(name)).toBe(true),
  )
  it.each(['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org', 'localhost.example.org', '1127.0.0.1'])(
    '%s is not',
    (name) => expect(isLoopback(name)).toBe(false),
  )
})
