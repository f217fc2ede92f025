import { afterEach, expect, it, vi } from 'vitest'
import { createHookKnowledge } from '../../src/emqx/hook-knowledge.ts'
import { hooksPart } from '../../src/emqx/hooks-part.ts'
import type { HookSpec } from '../../src/exhook/provider-loaded.ts'
import { parseRules } from '../../src/rules/load-rules.ts'

afterEach(() => void vi.useRealTimers())

const rulesFor = (filter: string) =>
  parseRules(`rules:\n  - {hook: message.publish, filter: ${filter}, topic: t}\n`, 'r')
const asking = (...topics: readonly string[]): readonly HookSpec[] => [{ name: 'message.publish', topics }]

function known() {
  let rules = rulesFor('a')
  const knowledge = createHookKnowledge({ interests: () => rules.interests, filters: 'exact' })
  return {
    ...knowledge,
    rules: (filter: string) => {
      rules = rulesFor(filter)
    },
    load: (node: string, ...topics: readonly string[]) =>
      knowledge.loaded({ node, version: '5.8.9', contract: 'v2', hooks: asking(...topics) }),
    states: () =>
      knowledge.nodes().map(({ node, state, losesEvents }) => `${node} ${state}${losesEvents ? ' -' : ''}`),
    part: () => hooksPart({ nodes: knowledge.nodes(), fix: 'mend it', trouble: null }),
  }
}

it('is nothing before a node has loaded the server, and after it has let go of it', () => {
  const on = known()
  expect(on.states()).toEqual([])
  expect(on.part()).toMatchObject({ ok: true, detail: expect.stringContaining('unknown') })
  on.load('n1', 'a')
  expect(on.states()).toEqual(['n1 same'])
  expect(on.part()).toMatchObject({ ok: true, detail: '1 node with the hooks of the rules' })
  on.unloaded('n1')
  expect(on.states()).toEqual([])
})

it('is compared with the rules as they are now, for each node', () => {
  const on = known()
  on.load('n1', 'a')
  on.load('n2', 'a')
  on.rules('b')
  expect(on.states()).toEqual(['n1 differs -', 'n2 differs -'])
  on.load('n2', 'b')
  expect(on.states()).toEqual(['n1 differs -', 'n2 same'])
  expect(on.part()).toEqual({
    name: 'emqx',
    ok: false,
    detail: 'n1 differs (message.publish lacks b; has a, which no rule needs): events are lost; mend it',
  })
  on.rules('a')
  expect(on.states()).toEqual(['n1 same', 'n2 differs -'])
})

it('is ready while EMQX only calls too much', () => {
  const on = known()
  on.load('n1', 'a', 'b')
  expect(on.states()).toEqual(['n1 differs'])
  expect(on.part()).toMatchObject({
    ok: true,
    detail: 'n1 differs (message.publish has b, which no rule needs)',
  })
})

it("is EMQX's own word where it was asked, which names all nodes", () => {
  const on = known()
  on.load('gone', 'x')
  on.load('n1', 'x')
  on.asked({
    nodes: [
      { node: 'n1', status: 'connected' },
      { node: 'n2', status: 'connecting' },
    ],
    hooks: asking('a'),
    version: '5.8.9',
  })
  expect(on.states()).toEqual(['n1 same', 'n2 unknown'])
  expect(on.part().detail).toBe('1 node with the hooks of the rules; n2 is connecting: its hooks are unknown')
  on.load('n1', 'x')
  expect(on.states()).toEqual(['n2 unknown', 'n1 differs -'])
})

it('is given up for a node that has not loaded the server a minute after another did', () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  const on = known()
  on.load('killed', 'a')
  vi.advanceTimersByTime(100_000)
  on.rules('b')
  vi.advanceTimersByTime(100_000)
  expect(on.states()).toEqual(['killed differs -'])
  on.load('n1', 'b')
  vi.advanceTimersByTime(59_000)
  expect(on.states()).toEqual(['killed differs -', 'n1 same'])
  vi.advanceTimersByTime(1000)
  expect(on.states()).toEqual(['killed unknown', 'n1 same'])
  expect(on.part()).toMatchObject({ ok: true })
})

it('is bounded, and fit to be shown, whatever the nodes are called', () => {
  const on = known()
  for (let i = 0; i < 150; i++) on.load(`node-${i}`, 'a')
  expect(on.states()).toHaveLength(100)
  expect(on.states()[0]).toBe('node-50 same')
  on.load(`\u001b[31m${'x'.repeat(1000)}`, 'b')
  const name = on.nodes().at(-1)?.node ?? ''
  expect(name.length).toBeLessThan(200)
  expect(name).not.toMatch(/\p{C}/u)
})
