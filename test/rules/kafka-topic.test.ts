import { expect, it } from 'vitest'
import { kafkaTopicProblem } from '../../src/rules/kafka-topic.ts'

it.each(['a', 'message_state', 'fleet.telemetry', 'A-1', '_x', '...', 'x'.repeat(249)])(
  'takes %j',
  (name) => {
    expect(kafkaTopicProblem(name)).toBeNull()
  },
)

it.each([
  ['', /empty/],
  ['.', /no topic of that name/],
  ['..', /no topic of that name/],
  ['x'.repeat(250), /250 characters: Kafka allows 249/],
  ['a b', /only letters/],
  ['a/b', /only letters/],
  ['é', /only letters/],
  ['a\n', /only letters/],
  ['__consumer_offsets', /belong to Kafka/],
  ['exhook.dead-letters', /refused records/],
  ['${clientid}', /only letters, digits/],
  ['state-${topic[1]}', /only letters, digits/],
])('refuses %j', (name, reason) => {
  expect(kafkaTopicProblem(name)).toMatch(reason)
})
