import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCheck } from '../src/cli/check.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { importBridge } from '../src/import-4x/import-bridge.ts'
import { writeRules } from '../src/import-4x/write-rules.ts'
import { loadRuleFile } from '../src/rules/load-rules.ts'
import { ruleWarnings } from '../src/rules/rule-warnings.ts'
import { createExplain } from '../src/trial/explain.ts'
import { temporaryFile } from './support/temporary-file.ts'
import { makeHookCall } from './trial/hook-calls.ts'

const FOLDER = join(import.meta.dirname, '..', 'examples')
const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8')
const yamls = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'))
const ruleFiles = yamls.filter((name) => name !== 'config.yaml')

it('are at least eight', () => {
  expect(ruleFiles.length).toBeGreaterThanOrEqual(8)
})

describe.each(ruleFiles)('%s', (name) => {
  const path = join(FOLDER, name)

  it('passes its own tests, as `check --strict` runs them', () => {
    const text: string[] = []
    const code = runCheck([path], { write: (more) => void text.push(more) }, { strict: true })
    expect({ code, text: text.join('') }).toMatchObject({ code: 0, text: expect.stringContaining(' passed') })
  })

  it('has a test in which each rule that is not switched off makes a record', () => {
    const { rules, tests } = loadRuleFile(path)
    const explain = createExplain(rules)
    const made = new Set(
      tests.flatMap(({ event }) => {
        const call = makeHookCall(event)
        return call === null ? [] : explain(call).records.map(({ rule }) => rule)
      }),
    )
    expect([...made].sort()).toEqual(
      rules.flatMap(({ enabled, name: rule }) => (enabled ? [rule] : [])).sort(),
    )
  })
})

it.each(yamls)('%s names its schema for editors', (name) => {
  const schema = name === 'config.yaml' ? 'config' : 'rules'
  expect(read(name).split('\n')[0]).toBe(`# yaml-language-server: $schema=../schema/${schema}.schema.json`)
})

it('migrated-from-4x.yaml holds what import-4x makes of the file beside it', () => {
  const made = writeRules(importBridge(read('emqx_bridge_kafka.conf')), 'emqx_bridge_kafka.conf')
  expect(read('migrated-from-4x.yaml')).toContain(`\n${made}`)
})

it('config.yaml is a configuration', () => {
  const path = join(FOLDER, 'config.yaml')
  expect(() =>
    loadConfig({ argv: [`--config=${path}`], env: {}, readFile: (file) => readFileSync(file, 'utf8') }),
  ).not.toThrow()
})

describe('the rule files in README.md', () => {
  const readme = readFileSync(join(FOLDER, '..', 'README.md'), 'utf8')
  const files = [...readme.matchAll(/^```yaml\n(rules:\n[\s\S]*?)^```/gm)].map(([, text = '']) => text)

  it('are some', () => {
    expect(files.length).toBeGreaterThan(2)
  })

  it.each(files)('are good: %#', (text) => {
    const path = temporaryFile('readme.yaml', text)
    expect(runCheck([path], { write: () => {} })).toBe(0)
    expect(ruleWarnings(loadRuleFile(path).rules)).toEqual([])
  })
})
