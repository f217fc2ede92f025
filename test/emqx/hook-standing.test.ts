import { expect, it } from 'vitest'
import { hookStanding } from '../../src/emqx/hook-standing.ts'
import { parseRules } from '../../src/rules/load-rules.ts'

const { interests } = parseRules(
  'rules:\n  - {hook: message.publish, filter: a/+, topic: t}\n  - {hook: client.connected, topic: t}\n',
  'r',
)
const CONNECTED = { name: 'client.connected', topics: [] }
const publish = (...topics: readonly string[]) => ({ name: 'message.publish', topics })
const EMQX = { version: '5.8.9' }

it.each([
  ['as asked for', 'exact', [publish('a/+'), CONNECTED], 'same'],
  ['more than asked for', 'exact', [publish(), CONNECTED], 'differs'],
  ['a filter that covers', 'exact', [publish('a/#'), CONNECTED], 'differs'],
  ['a hook too many', 'exact', [publish('a/+'), CONNECTED, { name: 'message.acked', topics: [] }], 'differs'],
  ['another filter', 'exact', [publish('b'), CONNECTED], 'loses'],
  ['a hook too few', 'exact', [publish('a/+')], 'loses'],
  ['nothing', 'exact', [], 'loses'],
  ['as asked for', 'wide', [publish(), CONNECTED], 'same'],
  ['filters as the rules have them', 'wide', [publish('a/+'), CONNECTED], 'differs'],
  ['another filter', 'wide', [publish('b'), CONNECTED], 'loses'],
  ['a hook too few', 'wide', [publish()], 'loses'],
] as const)('%s, %s', (_, filters, known, expected) => {
  const standing = hookStanding(known, EMQX, interests, filters)
  expect(standing.state === 'differs' && standing.losesEvents ? 'loses' : standing.state).toBe(expected)
})

it('says of each hook whether its events are lost', () => {
  const standing = hookStanding([publish('a/+')], EMQX, interests, 'wide')
  expect(standing.state === 'differs' && standing.differences).toMatchObject([
    { hook: 'client.connected', losesEvents: true, what: 'is not registered' },
    { hook: 'message.publish', losesEvents: false },
  ])
})

it('goes by the contract that was spoken, where it is known', () => {
  const { interests: login } = parseRules('rules:\n  - {hook: client.authenticate, topic: t}\n', 'r')
  expect(hookStanding([], { version: 'garbage' }, login, 'exact').state).toBe('same')
  expect(hookStanding([], { version: 'garbage', contract: 'v3' }, login, 'exact').state).toBe('differs')
})
