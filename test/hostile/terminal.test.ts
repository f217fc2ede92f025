import { describe, expect, it } from 'vitest'
import { readinessOf, readinessText } from '../../src/admin/readiness.ts'
import { runCheck } from '../../src/cli/check.ts'
import { letterJson, letterLine, letterOf } from '../../src/cli/letters.ts'
import { recordJson, recordLine } from '../../src/cli/record-lines.ts'
import { runTry } from '../../src/cli/try.ts'
import { DEAD_LETTER_HEADERS } from '../../src/delivery/dead-letter.ts'
import { createHookKnowledge } from '../../src/emqx/hook-knowledge.ts'
import { methodOf } from '../../src/events/contract.ts'
import { RPCS, type RpcRow } from '../../src/hooks.ts'
import type { ReadRecord } from '../../src/kafka/record-reader.ts'
import { contract, createParts, EVERYTHING } from '../exhook/served.ts'
import { temporaryFile } from '../support/temporary-file.ts'

/** What a terminal obeys, ends a line, turns text around, or looks like a log line of ours. */
const ESCAPES =
  '\u001b[2J\u001b]0;owned\u0007\u001b]8;;http://x\u0007\u009b31m\r\n{"level":60,"msg":"forged"}\n\u202e\u2028\u0000\u007f\u0085'
/** Nothing but line ends of our own. */
const expectHarmless = (text: string) => expect(text.match(/[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu)).toBeNull()

const bytes = Buffer.from(ESCAPES)
const values: readonly (readonly [string, Buffer])[] = [
  ['text', bytes],
  ['JSON', Buffer.from(JSON.stringify({ [ESCAPES]: ESCAPES }).replaceAll('\\u001b', '\u001b'))],
  ['JSON with raw controls of C1', Buffer.from(`{"a":"\u009b31m\u202e\u2028"}`)],
  [
    'a record of the format bridge',
    Buffer.from(JSON.stringify({ client_id: ESCAPES, payload: bytes.toString('base64') })),
  ],
  ['bytes', Buffer.concat([bytes, Buffer.of(0xff)])],
]

describe('what is printed of a record', () => {
  const headers = {
    [ESCAPES]: [bytes],
    'emqx-event': [bytes],
    [DEAD_LETTER_HEADERS.topic]: [Buffer.from('t')],
    [DEAD_LETTER_HEADERS.code]: [bytes],
    [DEAD_LETTER_HEADERS.rule]: [bytes],
  }
  const record = (value: Buffer): ReadRecord => ({
    ...{ topic: 't2', partition: 0, offset: 1, timestampMs: 1e300, key: bytes, value, headers },
  })

  it.each(values)('is one line that no terminal obeys: %s', (_, value) => {
    for (const line of [recordLine(record(value)), recordJson(record(value))]) {
      expectHarmless(line)
      expect(line.split('\n')).toHaveLength(2)
    }
    const letter = letterOf(record(value))
    if (letter === null) throw new Error('it is a dead letter')
    for (const line of [letterLine(letter), letterJson(letter)]) {
      expectHarmless(line)
      expect(line.split('\n')).toHaveLength(2)
    }
  })
})

/** The text in double quotes, which YAML reads as it was. */
const yaml = (text: string) =>
  JSON.stringify(text).replaceAll('\u007f', '\\u007f').replaceAll('\u0085', '\\u0085')

describe('what is printed of a file', () => {
  const RULES = `rules:
  - {hook: message.publish, topic: a, filter: ${yaml(ESCAPES.replaceAll('\0', ''))}}
  - {hook: message.publish, topic: b, when: ${yaml(`payload.x == ${JSON.stringify('\u001b[31m')}`)}}
  - {hook: message.publish, topic: 'a.\${payload.c}', allow: [a.*], key: ${yaml(ESCAPES)}, headers: {x: ${yaml(ESCAPES)}}}
  - {hook: message.publish, topic: c, format: emqx}
tests:
  - name: ${yaml(ESCAPES)}
    event: {event: message.publish, topic: ${yaml(ESCAPES)}, clientid: ${yaml(ESCAPES)}, payload: ${yaml(ESCAPES)}}
    records: [{topic: ${yaml(ESCAPES)}, headers: {${yaml(ESCAPES)}: x}}]
`
  const EVENT = `event: message.publish\ntopic: ${yaml(ESCAPES)}\nclientid: ${yaml(ESCAPES)}\nusername: ${yaml(ESCAPES)}\npayload: ${yaml(ESCAPES)}\n`
  const MISTAKES = `rules:\n  - {hook: ${yaml(ESCAPES)}, topic: ${yaml(ESCAPES)}, ${yaml(ESCAPES)}: x, name: ${yaml(ESCAPES)}}
  - {hook: message.publish, topic: ${yaml(`a.\${topic[0]}${ESCAPES}`)}, allow: [a.*]}
  - {hook: message.publish, topic: c, key: ${yaml('${payload.\u009b31m}')}}
`

  it.each([
    ['check', RULES],
    ['check of mistakes', MISTAKES],
    ['check of what is no YAML', `rules: ${ESCAPES}: ]\n`],
  ])('by %s', (_, text) => {
    const path = temporaryFile('rules.yaml', text.replaceAll('\0', ''))
    let out = ''
    const write = (more: string) => {
      out += more
    }
    expect(runCheck([path], { write })).toBe(1)
    expect(out).not.toBe('')
    expectHarmless(out)
  })

  it.each([
    ['', RULES, EVENT],
    ['--json', RULES, EVENT],
    ['', MISTAKES, MISTAKES],
  ])('by try %s', async (flag, rules, event) => {
    let out = ''
    const to = {
      async print(more: string) {
        out += more
        return true
      },
    }
    const words = ['r', 'e', ...(flag === '' ? [] : [flag])]
    await runTry(words, { readBytes: (path) => Buffer.from(path === 'r' ? rules : event), out: to, err: to })
    expect(out.length).toBeGreaterThan(100)
    expectHarmless(out)
  })
})

describe('what EMQX says of itself', () => {
  const call = (rpc: string, request: object) => {
    const parts = createParts(EVERYTHING)
    const body = methodOf(contract, 'v3', rpc).requestSerialize(request)
    const row = RPCS.find((one) => one.rpc === rpc) as RpcRow
    parts.handler.rpc(row, 'v3')(body, Date.now() + 5000, () => {})
    return parts
  }

  it.each(['OnProviderLoaded', 'OnProviderUnloaded'])('is short and harmless in the log: %s', (rpc) => {
    const name = ESCAPES + 'x'.repeat(1_000_000)
    const { lines } = call(rpc, { broker: { version: name }, meta: { node: name } })
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      expectHarmless(line.msg)
      expect(JSON.stringify(line).length).toBeLessThan(5_000)
    }
  })

  it('is a bounded number of nodes, short and harmless as labels and in /readyz', () => {
    const knowledge = createHookKnowledge({ interests: () => new Map(), filters: 'exact' })
    for (let i = 0; i < 10_000; i++)
      knowledge.loaded({
        node: `${i}${ESCAPES}${'x'.repeat(1000)}`,
        version: '5.8.9',
        contract: 'v2',
        hooks: [],
      })
    expect(knowledge.nodes()).toHaveLength(100)
    for (const { node } of knowledge.nodes()) {
      expectHarmless(node)
      expect(node.length).toBeLessThan(1_000)
    }
    expectHarmless(readinessText(readinessOf([{ name: 'kafka', ok: false, detail: ESCAPES }])))
  })
})
