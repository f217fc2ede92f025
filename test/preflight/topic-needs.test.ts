import { describe, expect, it } from 'vitest'
import { MAX_DEAD_VALUE_BYTES } from '../../src/delivery/dead-letter.ts'
import { topicNeeds } from '../../src/preflight/topic-needs.ts'
import { largestRecordBytes } from '../../src/rules/largest-record.ts'
import type { Rule } from '../../src/rules/rule-set.ts'

const rules = [
  { topic: 'b', hooks: ['client.connected'] },
  { topic: 'a', hooks: ['message.publish', 'message.acked'] },
  { topic: 'b', hooks: ['session.created'] },
  { topic: 'c', hooks: ['client.connected'] },
  { topic: 'c', hooks: ['message.dropped'] },
].map(
  (rule) =>
    ({ ...rule, allow: null, format: 'bridge' }) as Pick<Rule, 'topic' | 'allow' | 'hooks' | 'format'>,
)

describe('what is needed of topics', () => {
  it('is each topic once, in the order of the rules, by the largest record of all its rules', () => {
    const [small, large] = [
      largestRecordBytes([], 'bridge', 5000),
      largestRecordBytes(['message.publish'], 'bridge', 5000),
    ]
    expect(topicNeeds(rules, { deadLetterTopic: null, maxPacketBytes: 5000 })).toEqual([
      { topic: 'b', deadLetters: false, largestRecordBytes: small },
      { topic: 'a', deadLetters: false, largestRecordBytes: large },
      { topic: 'c', deadLetters: false, largestRecordBytes: large },
    ])
  })

  it('leaves out what devices choose', () => {
    const chosen = rules.map((rule) => ({ ...rule, allow: ['b*'] }))
    expect(topicNeeds(chosen, { deadLetterTopic: null, maxPacketBytes: 5000 })).toEqual([])
  })

  it('ends with the dead letters, whose values are cut', () => {
    const [dead, ...more] = topicNeeds([], { deadLetterTopic: 'dead', maxPacketBytes: 2e6 })
    expect(more).toEqual([])
    expect(dead).toMatchObject({ topic: 'dead', deadLetters: true })
    expect(dead?.largestRecordBytes).toBeGreaterThan(MAX_DEAD_VALUE_BYTES)
    // Kafka's own default takes them all.
    expect(dead?.largestRecordBytes).toBeLessThan(1_048_588)
  })
})
