import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { schemaFiles } from '../../scripts/schemas/schema-files.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { readConfigText } from '../../src/config/from-file.ts'
import { mergeLayers } from '../../src/config/values.ts'
import { readRuleFile } from '../../src/rules/rule-file.ts'
import { mutated } from './mutations.ts'
import { onlyReaderTells } from './only-reader-tells.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8')
const compiled = (name: string): ValidateFunction =>
  new Ajv({ strict: true, allErrors: true, strictTypes: false, strictRequired: false }).compile(
    JSON.parse(read(`schema/${name}.schema.json`)),
  )
const schemaOf = { rules: compiled('rules'), config: compiled('config') }

/** What YAML makes of a file, as editors see it. */
const dataOf = (text: string): unknown => parse(text, { schema: 'core' })

function rulesMistakes(text: string): readonly string[] {
  try {
    readRuleFile(text, 'rules.yaml')
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.mistakes.map(({ message }) => message)
  }
}

function configMistakes(text: string): readonly string[] {
  const layer = readConfigText(text, 'config.yaml')
  return [...layer.mistakes, ...mergeLayers([layer], () => 'x').mistakes].map(({ message }) => message)
}

it.each([...schemaFiles()])('%s is as the checks are (else: npm run docs)', (file, text) => {
  expect(read(file)).toBe(text)
})

it('are in the package', () => {
  expect(JSON.parse(read('package.json')).files).toContain('schema')
})

const examples = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.yaml'))

it.each(examples)('takes examples/%s', (name) => {
  const validate = name === 'config.yaml' ? schemaOf.config : schemaOf.rules
  validate(dataOf(read(`examples/${name}`)))
  expect(validate.errors).toBe(null)
})

describe.each([
  ['rules', examples.filter((name) => name !== 'config.yaml'), rulesMistakes],
  ['config', ['config.yaml'], configMistakes],
] as const)('of mutated files of %s', (kind, names, mistakesOf) => {
  const validate = schemaOf[kind]
  const files = fc.constantFrom(...names).map((name) => dataOf(read(`examples/${name}`)))

  it('refuses none that the reader takes, and all that it can', () => {
    const seen = { good: 0, refused: 0, readerOnly: 0 }
    fc.assert(
      fc.property(mutated(files), (data) => {
        const text = JSON.stringify(data)
        const mistakes = mistakesOf(text)
        const taken = validate(dataOf(text))
        if (mistakes.length === 0) {
          seen.good++
          expect(validate.errors).toBe(null)
        } else if (mistakes.every(onlyReaderTells)) seen.readerOnly++
        else {
          seen.refused++
          expect(taken, `${mistakes.join('\n')}\n${text}`).toBe(false)
        }
      }),
      { numRuns: 1_000 },
    )
    // Nothing is shown by files that are all good, or all bad.
    expect(seen.good).toBeGreaterThan(100)
    expect(seen.refused).toBeGreaterThan(300)
  })
})

describe('what people mistype', () => {
  it.each([
    ['a key', 'rules: [{hook: message.publish, topic: t, fitler: a}]'],
    ['a hook', 'rules: [{hook: message.publsh, topic: t}]'],
    ['a filter', 'rules: [{hook: message.publish, topic: t, filter: a/#/b}]'],
    ['a Kafka topic', 'rules: [{hook: message.publish, topic: a b}]'],
    ['a template without allow', 'rules: [{hook: message.publish, topic: "a.${topic[1]}"}]'],
    ['allow without a template', 'rules: [{hook: message.publish, topic: a, allow: a}]'],
    ['a filter on a hook without topic', 'rules: [{hook: [client.connected], topic: t, filter: a}]'],
    ['a rejection of what cannot be', 'rules: [{hook: message.acked, topic: t, overflow: reject}]'],
    ['a header that is ours', 'rules: [{hook: message.acked, topic: t, headers: {EMQX-Event: x}}]'],
    [
      'a key of an event',
      'rules: [{hook: message.acked, topic: t}]\ntests: [{event: {event: client.connected, qos: 1}, records: []}]',
    ],
    [
      'an event without topic',
      'rules: [{hook: message.acked, topic: t}]\ntests: [{event: {event: message.acked}, records: []}]',
    ],
    [
      'a field of a record',
      'rules: [{hook: message.acked, topic: t}]\ntests: [{event: {event: client.connected}, records: [{topik: t}]}]',
    ],
  ])('%s', (_title, text) => {
    expect(schemaOf.rules(dataOf(text))).toBe(false)
    expect(rulesMistakes(text)).not.toEqual([])
  })

  it.each([
    ['a key', 'grpc: {prot: 9000}'],
    ['a number', 'kafka: {linger_ms: soon}'],
    ['a port', 'grpc: {port: 90000}'],
    ['a size', 'queue: {max_bytes: 64 parsecs}'],
    ['a word', 'kafka: {compression: zip}'],
    ['a broker', 'kafka: {brokers: [localhost]}'],
  ])('%s of the configuration', (_title, text) => {
    expect(schemaOf.config(dataOf(text))).toBe(false)
    expect(configMistakes(text)).not.toEqual([])
  })
})
