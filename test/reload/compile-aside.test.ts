import { describe, expect, it } from 'vitest'
import { ruleFile } from '../../bench/rule-load.ts'
import { createTurnMeter } from '../../bench/turn-meter.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { compileFittedRules, compileFittedRulesAside } from '../../src/reload/load-fitted-rules.ts'
import { readRulesAside } from '../../src/reload/read-rules-aside.ts'
import { EVENTS } from '../rules/sample-events.ts'

const config = loadConfig({ argv: ['--rules=rules.yaml'], env: {}, readFile: () => '' })
const { signal } = new AbortController()
const aside = (text: string) => compileFittedRulesAside(() => Buffer.from(text), config, signal)
const mistakesOf = async (text: string) => {
  const error: unknown = await aside(text).catch((reason: unknown) => reason)
  return error instanceof ConfigError ? error.mistakes : error
}
const BLANKS = `${' '.repeat(99)}\n`.repeat(100)

describe.each([
  ['small', ''],
  ['large', BLANKS],
])('a %s file', (_, blanks) => {
  it('becomes the same rules as at the start', async () => {
    const text = [
      'rules:',
      '  - {hook: message.publish, filter: t/+, exclude: t/b, topic: a, headers: {x: "${clientid}", y: z}, key: null}',
      '  - {hook: [client.connected, message.publish], topic: "b.${clientid}", allow: [b.*], when: clientid != "x"}',
      '  - {hook: message.publish, topic: c, reply: delivered, on_timeout: reject, priority: low, partition: 3}',
      `  - {hook: message.publish, topic: d, enabled: false}\n${blanks}`,
    ].join('\n')
    const atOnce = compileFittedRules(() => Buffer.from(text), config)
    const made = await aside(text)
    expect(made.configs).toEqual(atOnce.configs)
    expect(made.digest).toBe(atOnce.digest)
    expect(made.rules.interests).toEqual(atOnce.rules.interests)
    for (const event of Object.values(EVENTS))
      expect(made.rules.apply(event)).toEqual(atOnce.rules.apply(event))
  })

  it('has its mistakes told with their places', async () => {
    expect(await mistakesOf(`rules:\n  - {hook: message.publsh, topik: t}\n${blanks}`)).toMatchObject([
      { file: 'rules.yaml', line: 2, column: 12, message: expect.stringContaining('`message.publish`') },
      { file: 'rules.yaml', line: 2, column: 28 },
    ])
    const misfit = `rules:\n  - {hook: message.publish, topic: t, reply: stored}\n${blanks}`
    expect(await mistakesOf(misfit)).toMatchObject([{ message: expect.stringContaining('needs a disk') }])
  })
})

it('of a thousand rules holds up others for a small part of what it takes', async () => {
  const bytes = Buffer.from(ruleFile(1_000))
  const longest = async (work: () => unknown): Promise<number> => {
    const rounds: number[] = []
    for (let round = 0; round < 2; round++) {
      const meter = await createTurnMeter()
      await work()
      rounds.push((await meter.stop()).cpuMs)
    }
    return Math.min(...rounds)
  }
  const atOnce = await longest(() => compileFittedRules(() => bytes, config))
  const sliced = await longest(() => compileFittedRulesAside(() => bytes, config, signal))
  expect(sliced).toBeLessThan(atOnce / 4)
})

it('ends with its signal, before it has begun and while it reads', async () => {
  const ending = new AbortController()
  const task = { text: ruleFile(1_000), fileName: 'rules.yaml' }
  const reading = readRulesAside(task, ending.signal)
  ending.abort()
  await expect(reading).rejects.toThrow('ended without an answer')
  await expect(readRulesAside(task, ending.signal)).rejects.toThrow('aborted')
})
