import type { KafkaRecord } from '../rules/kafka-record.ts'
import type { FrozenBatch, KafkaDriver, KafkaFailure, SendOutcome } from './kafka-driver.ts'
import type { TopicView } from './topic-view.ts'
import type { TopicViews } from './topic-views.ts'

/**
 * Sends a batch that may hold records for which a rule has chosen a partition that the topic does not have. Those are
 * refused at once, each by itself, so that the batch need not be halved to find them; the rest is sent as a batch of its
 * own. A batch without such records is sent as it is. For a batch that was not sent before.
 */
export async function sendChosen(
  batch: FrozenBatch,
  views: TopicViews,
  { freeze, send }: Pick<KafkaDriver, 'freeze' | 'send'>,
): Promise<SendOutcome> {
  if (batch.records.every(({ partition }) => partition === null)) return send(batch)
  const partitions = await partitionsFor(batch, views)
  const lacks = ({ partition }: KafkaRecord) => partition !== null && partition >= partitions
  const fitting = batch.records.filter((record) => !lacks(record))
  if (fitting.length === batch.records.length) return send(batch)
  const refused = batch.records.filter(lacks).map((record) => ({
    batch: freeze(batch.topic, [record]),
    failure: refusalOf(record, partitions),
  }))
  const { delivered, left } = fitting.length === 0 ? NOTHING : await send(freeze(batch.topic, fitting))
  // The refused ones first: what follows in line may only overtake those.
  return { delivered, left: [...refused, ...left] }
}

const NOTHING: SendOutcome = { delivered: [], left: [] }

/** How many partitions the topic has; read anew before a record is refused. Infinity when it cannot be told: the attempt says why. */
async function partitionsFor({ topic, records }: FrozenBatch, views: TopicViews): Promise<number> {
  const most = records.reduce((highest, { partition }) => Math.max(highest, partition ?? 0), 0)
  const known = await countOf(views, topic)
  if (most < known) return known
  views.forget(topic)
  return countOf(views, topic)
}

const countOf = (views: TopicViews, topic: string): Promise<number> =>
  views.get(topic).then(
    (view: TopicView) => view.partitions,
    () => Number.POSITIVE_INFINITY,
  )

const refusalOf = ({ partition }: KafkaRecord, partitions: number): KafkaFailure => ({
  kind: 'record',
  code: 'INVALID_PARTITION',
  message: `the rule chose partition ${partition} of a Kafka topic that has ${partitions}`,
})
