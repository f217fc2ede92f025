import { expect, it } from 'vitest'
import { sendChosen } from '../../src/kafka/chosen-partitions.ts'
import { choosePartitions } from '../../src/kafka/partitioned-batch.ts'
import { createTopicViews } from '../../src/kafka/topic-views.ts'
import { createPretendKafka } from '../support/pretend-kafka.ts'
import { record } from '../support/records.ts'

const view = { partitions: 3, leaders: [1, 1, 1] }

it('a chosen partition is kept, and without one the key decides', () => {
  const records = [
    record('t', 'k', '', { partition: 2 }),
    record('t', 'k', ''),
    record('t', null, '', { partition: 0 }),
  ]
  const byKey = choosePartitions([record('t', 'k', '')], view, 0)[0]
  expect(choosePartitions(records, view, 1)).toEqual([2, byKey, 0])
  expect(choosePartitions([record('t', 'k', '', { partition: 3 })], view, 0)).toEqual([byKey])
})

function stage(partitions: number[]) {
  const kafka = createPretendKafka()
  let reads = 0
  const views = createTopicViews(async () => ({ ...view, partitions: partitions[reads++] ?? 0 }))
  return {
    kafka,
    send: (records: ReturnType<typeof record>[]) => sendChosen({ topic: 't', records }, views, kafka),
    reads: () => reads,
  }
}

it('refuses each record whose partition the topic lacks, by itself, and sends the rest together', async () => {
  const { kafka, send, reads } = stage([3, 3])
  const records = [5, 0, null, 3, 2].map((partition, i) =>
    record('t', 'k', String(i), partition === null ? {} : { partition }),
  )
  const { delivered, left } = await send(records)
  expect(delivered).toEqual([records[1], records[2], records[4]])
  expect(left.map(({ batch, failure }) => [batch.records, failure.kind, failure.code])).toEqual([
    [[records[0]], 'record', 'INVALID_PARTITION'],
    [[records[3]], 'record', 'INVALID_PARTITION'],
  ])
  expect([kafka.sends.length, reads()]).toEqual([1, 2])
})

it('looks again before it refuses: partitions may have been added', async () => {
  const { send } = stage([3, 6])
  expect(await send([record('t', 'k', '', { partition: 5 })])).toMatchObject({ delivered: [{}], left: [] })
})

it('leaves a batch without chosen partitions as it is, and asks for nothing', async () => {
  const { kafka, send, reads } = stage([])
  const records = [record('t', 'k', 'a'), record('t', null, 'b')]
  await send(records)
  expect(kafka.sends[0]?.records).toBe(records)
  expect(reads()).toBe(0)
})
