import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import {
  compileFittedRulesAside,
  digestOf,
  type LoadedRules,
  loadFittedRules,
} from '../../src/reload/load-fitted-rules.ts'
import { createRuleReload } from '../../src/reload/rule-reload.ts'
import { rulesPart } from '../../src/reload/rules-part.ts'
import { createLogRecorder } from '../support/quiet-log.ts'
import { configMapVolume, type RuleDirectory, ruleDirectory } from './rule-directory.ts'

const rule = (name: string, topic = 'here') =>
  `  - {name: ${name}, hook: client.connected, topic: ${topic}, key: null}\n`
const file = (...rules: readonly string[]) => `rules:\n${rules.join('')}`

function following(path: string, flags: readonly string[] = []) {
  const config = loadConfig({
    argv: [`--rules=${path}`, ...flags],
    env: {},
    readFile: (name) => readFileSync(name, 'utf8'),
  })
  const { log, lines } = createLogRecorder()
  const changes: LoadedRules[] = []
  let asked = 0
  const reload = createRuleReload(
    { path, settleMs: 20, pollMs: 1e6, unwatchedPollMs: 20 },
    {
      initial: loadFittedRules(config),
      compile: (read, signal) => compileFittedRulesAside(read, config, signal),
      log,
      onChanged: (now) => void changes.push(now),
      onAsked: () => void asked++,
    },
  )
  onTestFinished(() => reload.stop())
  reload.start()
  const until = (results: object) =>
    expect.poll(() => reload.status.results, { timeout: 10_000, interval: 5 }).toMatchObject(results)
  return { reload, lines, changes, asked: () => asked, until, part: () => rulesPart(reload.status) }
}

const names = ({ rules }: LoadedRules) => rules.rules.map(({ name }) => name)

describe('rules that follow their file', () => {
  it('are replaced whole, and the log says by what', async () => {
    const on = ruleDirectory(file(rule('a'), rule('b'), rule('c')))
    const { reload, until, lines, changes, part } = following(on.path)
    on.write(file(rule('c'), rule('b', 'there'), rule('d')))
    await until({ ok: 1, mistake: 0 })
    expect(names(reload.current)).toEqual(['c', 'b', 'd'])
    expect(changes).toEqual([reload.current])
    expect(lines).toMatchObject([
      {
        ...{ level: 30, msg: 'new rules are in force', file: on.path, rules: 3 },
        ...{ added: ['d'], removed: ['a'], changed: ['b'], reordered: true },
      },
    ])
    expect(part()).toMatchObject({ ok: true, detail: expect.stringMatching(/^3 rules in force since 20/) })
  })

  it('stay on a mistake, every one of which is told with its place, until the file is right', async () => {
    const on = ruleDirectory(file(rule('a')))
    const { reload, until, lines, changes, part } = following(on.path)
    const before = reload.current
    on.write(file(rule('a'), '  - {hook: client.conected, topik: t}\n'))
    await until({ mistake: 1 })
    expect(reload.current).toBe(before)
    expect(lines).toMatchObject([
      { level: 50, line: 3, column: 12 },
      { level: 50, line: 3, column: 29 },
      { level: 50, mistakes: 2 },
    ])
    expect(lines[0]?.msg).toContain(`${on.path}:3:12: `)
    expect(lines.at(-1)?.msg).toBe('the rule file has 2 mistakes: the older rules stay in force')
    expect(part()).toMatchObject({ ok: false })
    expect(part().detail).toMatch(
      /the file has 2 mistakes, older rules are in force since .*rules\.yaml:3:12: /,
    )

    on.write(file(rule('a'), rule('e')))
    await until({ ok: 1 })
    expect(names(reload.current)).toEqual(['a', 'e'])
    expect(part().ok).toBe(true)
    expect(changes).toHaveLength(1)
  })

  it('are as before when the mistake is taken back, and when only comments change', async () => {
    const text = file(rule('a'))
    const on = ruleDirectory(text)
    const { reload, until, changes, part } = following(on.path)
    on.write('rules: [')
    await until({ mistake: 1 })
    on.write(text)
    await until({ mistake: 1, unchanged: 1 })
    expect(part().ok).toBe(true)
    const { rules } = reload.current
    on.write(`# a comment\n${text}`)
    await until({ unchanged: 2 })
    expect(reload.current.rules).toBe(rules)
    expect(changes).toEqual([])
  })

  it('stay when the file goes, and when it is no UTF-8', async () => {
    const on = ruleDirectory(file(rule('a')))
    const { reload, until, part } = following(on.path)
    on.remove()
    await until({ mistake: 1 })
    expect(part().detail).toContain('there is no such file')
    on.write(file(rule('b')))
    await until({ ok: 1 })
    const { reload: other, until: untilOther } = following(on.path)
    on.renameOver(Buffer.from([0xff, 0xfe]).toString('latin1'))
    await until({ ok: 1, mistake: 2 })
    await untilOther({ mistake: 1 })
    expect(names(reload.current)).toEqual(names(other.current))
  })

  it.each([
    [
      'write to the dead letters',
      ['--dead-letters-topic=lost'],
      rule('a', 'lost'),
      'which is dead_letters.topic',
    ],
    [
      'are stored without a disk',
      [],
      '  - {hook: client.connected, topic: t, reply: stored}\n',
      'needs a disk',
    ],
    ['name too many topics', ['--kafka-max-topics=1'], rule('a', 't1') + rule('b', 't2'), 'kafka.max_topics'],
  ])('stay when those of the file %s', async (_, flags, text, message) => {
    const on = ruleDirectory(file(rule('a')))
    const { reload, until, part } = following(on.path, flags)
    on.write(file(text))
    await until({ mistake: 1 })
    expect(names(reload.current)).toEqual(['a'])
    expect(part().detail).toContain(message)
  })

  it('are read when somebody asks, and what came of it is said, changed or not', async () => {
    const on = ruleDirectory(file(rule('a')))
    const { reload, until, lines, asked } = following(on.path)
    expect(await reload.reload()).toEqual({ result: 'unchanged' })
    await until({ unchanged: 1 })
    expect(lines.at(-1)?.msg).toBe('the rules of the file are those in force')
    expect(asked()).toBe(1)
    on.write('rules: 1\n')
    await until({ mistake: 1 })
    expect(await reload.reload()).toMatchObject({ result: 'mistake', mistakes: [{ file: on.path, line: 1 }] })
    await until({ mistake: 2 })
  })

  it('tell everybody who asked what came of the file as it was then', async () => {
    const on = ruleDirectory(file(rule('a')))
    const { reload } = following(on.path)
    for (let n = 0; n < 5; n++) {
      on.write(file(rule('a'), rule(`b${n}`)))
      const outcomes = await Promise.all([reload.reload(), reload.reload()])
      expect(names(reload.current)).toEqual(['a', `b${n}`])
      // The watch may have been first.
      for (const { result } of outcomes) expect(['ok', 'unchanged']).toContain(result)
    }
    const last = reload.reload()
    reload.stop()
    expect(await last).toEqual({ result: 'stopped' })
    expect(await reload.reload()).toEqual({ result: 'stopped' })
  })
})

type Way = 'write' | 'writeInTwoSteps' | 'renameOver' | 'backUpAndWrite'
const WAYS: readonly Way[] = ['write', 'writeInTwoSteps', 'renameOver', 'backUpAndWrite']

describe('whatever is written', () => {
  const good = fc.integer({ min: 1, max: 9 }).map((n) => file(rule(`rule-${n}`, `topic-${n}`)))
  const bad = fc.constantFrom('', 'rules:\n', 'rules: [', file('  - {hook: nothing, topic: t}\n'))
  const step = fc.record({
    act: fc.constantFrom(...WAYS, 'remove' as const, 'removeFolder' as const),
    text: fc.oneof(good, bad),
    pauseMs: fc.constantFrom(0, 0, 1, 15, 45),
  })

  it('the rules are those of the last good contents in the end, and never others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 12 }),
        good,
        fc.constantFrom(...WAYS),
        async (steps, last, way) => {
          const first = file(rule('first'))
          const on: RuleDirectory = ruleDirectory(first)
          const { reload, changes } = following(on.path)
          const whole = new Set(
            [first, last, ...steps.map(({ text }) => text)].map((text) => digestOf(Buffer.from(text))),
          )
          for (const { act, text, pauseMs } of steps) {
            on[act](text)
            if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
          }
          on[way](last)
          await expect
            .poll(() => [reload.current.digest, reload.status.mistakes.length], {
              timeout: 10_000,
              interval: 5,
            })
            .toEqual([digestOf(Buffer.from(last)), 0])
          for (const { digest } of changes) expect(whole.has(digest)).toBe(true)
          reload.stop()
        },
      ),
      { numRuns: 25 },
    )
  })

  it('the same for a ConfigMap', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(good, bad), { maxLength: 10 }), good, async (texts, last) => {
        const volume = configMapVolume(file(rule('first')))
        const { reload } = following(volume.path)
        for (const text of texts) {
          volume.swap(text)
          await new Promise((resolve) => setImmediate(resolve))
        }
        volume.swap(last)
        await expect
          .poll(() => reload.current.digest, { timeout: 10_000, interval: 5 })
          .toBe(digestOf(Buffer.from(last)))
        reload.stop()
      }),
      { numRuns: 15 },
    )
  })
})
