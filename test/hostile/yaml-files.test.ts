import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { runImport } from '../../src/cli/import-4x.ts'
import { createStreamOutput } from '../../src/cli/stream-output.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { compileRules } from '../../src/rules/compile-rules.ts'
import { readRuleFile } from '../../src/rules/rule-file.ts'
import { parseEvent } from '../../src/rules/rule-tests/parse-event.ts'
import { cpuMs } from './cpu-time.ts'
import { expectNothingPolluted } from './pollution.ts'

afterEach(expectNothingPolluted)

/** Of time on the CPU: most take a second of an idle one. */
const MAX_MS = 8_000

const READERS = {
  'rules.yaml': (text: string) => void readRuleFile(text, 'file.yaml'),
  'the event of `try`': (text: string) => void parseEvent(text, 'file.yaml'),
  'config.yaml': (text: string) =>
    void loadConfig({ argv: ['--config=file.yaml', '--rules=r'], env: {}, readFile: () => text }),
} as const

/** The mistakes of a file, none when it is taken. Fails when reading it takes too long, or ends otherwise. */
function mistakesOf(read: (text: string) => void, text: string): readonly string[] {
  const started = cpuMs()
  try {
    read(text)
    return []
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as ConfigError).mistakes.map(({ message }) => message)
  } finally {
    expect(cpuMs() - started).toBeLessThan(MAX_MS)
  }
}

const laughs = (levels: number, width: number): string =>
  Array.from({ length: levels }, (_, i) => {
    const items = Array(width).fill(i === 0 ? 'ha' : `*a${i - 1}`)
    return `a${i}: &a${i} [${items.join(',')}]\n`
  }).join('')
const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i}: x\n`).join('')
const MB = 1024 * 1024

const FILES: Readonly<Record<string, string>> = {
  'a billion laughs': `${laughs(30, 10)}rules: *a29\npayload: *a29\nkafka: *a29\n`,
  'fewer laughs': `${laughs(9, 9)}rules: *a8\ntests: *a8\nevent: message.publish\ntopic: t\npayload: *a8\nkafka: *a8\n`,
  'an anchor within itself':
    'rules: &a [*a]\ntests: *a\nevent: message.publish\npayload: &b {x: *b}\nkafka: &c {brokers: *c}\n',
  'merge keys': 'x: &x {hook: message.publish}\nrules: [{<<: *x}]\nevent: message.publish\n<<: *x\n',
  'a function': 'rules: !!js/function "() => 1"\nkafka: !!js/function "x"\n',
  'a tag of Python': 'rules: !!python/object/apply:os.system ["true"]\nkafka: 1\n',
  'binary data': 'rules: !!binary aGVsbG8=\nkafka: !!binary aGVsbG8=\n',
  'sets and times': 'rules: !!set {a, b}\nkafka: !!timestamp 2001-12-14\n',
  'keys that are there twice': 'rules: []\nrules: []\nevent: x\nevent: y\nkafka: {}\nkafka: {}\n',
  'a key that is a map': '? {a: 1}\n: b\n? [x]\n: y\n',
  '20,000 unknown keys': keys(20_000),
  'a list of 100,000 brackets': '['.repeat(100_000),
  '50,000 dashes': '- '.repeat(50_000),
  '50,000 question marks': '? '.repeat(50_000),
  '1,500 levels of blocks': Array.from({ length: 1500 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''),
  '50,000 documents': '---\n'.repeat(50_000),
  '50,000 aliases of nothing': '- *a\n'.repeat(50_000),
  '50,000 anchors of one value': '&a '.repeat(50_000),
  '50,000 directives': '%A b\n'.repeat(50_000),
  '100 MB of text': `rules: ${'x'.repeat(100 * MB)}`,
  '100 MB of lines': 'a: b\n'.repeat(20 * MB),
  '2 MB of list items': '- x\n'.repeat(MB / 2),
  'a MB of NUL': '\0'.repeat(MB),
  'a MB of quotes': '"'.repeat(MB),
  'lone surrogates': 'rules: "\\ud800"\n\ud800: \udfff\n',
  nothing: '',
}

describe.each(Object.entries(READERS))('%s', (name, read) => {
  it.each(Object.entries(FILES).filter(([what]) => what !== 'nothing' || name !== 'config.yaml'))(
    'of %s is a clear mistake',
    (_, text) => {
      const mistakes = mistakesOf(read, text)
      expect(mistakes.length).toBeGreaterThan(0)
      expect(mistakes.length).toBeLessThanOrEqual(501)
      for (const message of mistakes) {
        expect(message.length).toBeLessThan(1_000)
        expect(message).not.toMatch(/call stack|undefined|\[object/)
        expect(message).not.toMatch(/\p{Cc}/u)
      }
    },
  )
})

describe('a file of 10,000 rules', () => {
  const text = (rule: (i: number) => string) =>
    `rules:\n${Array.from({ length: 10_000 }, (_, i) => rule(i)).join('')}`

  it('is read and compiled', () => {
    const rules = text(
      (i) => `  - {hook: message.publish, filter: devices/${i}/+/state, topic: t${i % 100}}\n`,
    )
    const started = cpuMs()
    const compiled = compileRules(readRuleFile(rules, 'r').rules)
    expect(cpuMs() - started).toBeLessThan(MAX_MS)
    expect(compiled.match('message.publish', 'devices/9999/x/state')).toHaveLength(1)
  })

  it('that would all have the same name gets them numbered', () => {
    const same = text(() => '  - {hook: message.publish, topic: t}\n')
    const started = cpuMs()
    const { rules } = readRuleFile(same, 'r')
    expect(cpuMs() - started).toBeLessThan(MAX_MS)
    expect(rules.at(-1)?.name).toBe('message.publish->t-10000')
  })
})

describe('tests of rules', () => {
  it('take a value that aliases make large for what it is', () => {
    const file = `rules: [{hook: message.publish, topic: t}]\ntests:\n  - event: {event: message.publish, topic: t, payload: &x [&y [&z [*x]]]}\n    records: [{value: *x}]\n`
    const mistakes = mistakesOf(READERS['rules.yaml'], file)
    expect(mistakes).toEqual([
      'this JSON is nested deeper than 200 levels: write it as text, or use fewer aliases',
    ])
  })
})

describe('import-4x', () => {
  it.each([
    ['100 MB', 'a = b\n'.repeat(17 * MB)],
    ['a MB of braces', `bridge.kafka.hook.message.publish.1 = ${'{'.repeat(MB - 100)}`],
    [
      'JSON of 100,000 levels',
      `bridge.kafka.hook.message.publish.1 = ${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    ],
    ['a MB of signs', '#='.repeat(MB / 2)],
    ['a MB of blanks', `bridge.kafka.servers = ${' '.repeat(MB - 100)}#`],
    [
      'pollution',
      'bridge.kafka.hook.message.publish.1 = {"__proto__": {"polluted": 1}, "topic": "t"}\n__proto__.polluted = 1\n',
    ],
    ['what a terminal obeys', 'bridge.kafka.\u001b[31m = 1\n\u001b]0;x\u0007 = 2\n'],
  ])('of %s says so', async (_, text) => {
    const [out, err] = [new PassThrough(), new PassThrough()]
    const said = Promise.all([out, err].map((stream) => stream.toArray()))
    const started = cpuMs()
    const code = await runImport(['emqx.conf'], {
      readBytes: () => Buffer.from(text),
      out: createStreamOutput(out),
      err: createStreamOutput(err),
    })
    out.end()
    err.end()
    expect(cpuMs() - started).toBeLessThan(MAX_MS)
    expect(code).toBe(1)
    expect((await said).flat().join('')).not.toMatch(/[^\P{C}\n]/u)
  })
})
