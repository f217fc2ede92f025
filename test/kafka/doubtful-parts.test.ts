import { expect, it } from 'vitest'
import { createDoubtfulParts } from '../../src/kafka/doubtful-parts.ts'
import type { PartitionedBatch } from '../../src/kafka/partitioned-batch.ts'
import { numbered } from '../support/records.ts'

const batch = (partitions: readonly number[], topic = 't'): PartitionedBatch => ({
  topic,
  records: numbered(topic, partitions.length, 1),
  partitions,
  failures: 0,
})

it('forbids another part for a partition in doubt, and not the same one again', () => {
  const doubts = createDoubtfulParts()
  const first = batch([0, 1, 0])
  doubts.doubt(first)
  expect(doubts.forbids(first)).toBe(false)
  expect(doubts.forbids(batch([2]))).toBe(false)
  expect(doubts.forbids(batch([0], 'u'))).toBe(false)
  expect(doubts.forbids(batch([2, 1]))).toBe(true)
})

it('knows a part of a batch that was split by partition', () => {
  const doubts = createDoubtfulParts()
  const whole = batch([0, 1, 0])
  doubts.doubt(whole)
  const split = { ...whole, records: whole.records.filter((_, i) => i !== 1), partitions: [0, 0] }
  expect(doubts.forbids(split)).toBe(false)
  doubts.settle(split)
  expect(doubts.forbids(batch([0]))).toBe(false)
  expect(doubts.forbids(batch([1]))).toBe(true)
})
