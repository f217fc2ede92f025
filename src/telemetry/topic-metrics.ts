import { type Aggregator, Gauge, type Registry } from 'prom-client'
import type { TopicState } from '../preflight/topic-state.ts'

/** What the preflight found of each Kafka topic, set before each scrape. Nothing before its first look has ended. */
export function createTopicMetrics(
  registry: Registry,
  maxLabels: number,
): (topics: readonly TopicState[]) => void {
  const gauge = (name: string, help: string, aggregator: Aggregator) =>
    new Gauge({ name, help, labelNames: ['topic'], aggregator, registers: [registry] })
  const partitions = gauge(
    'exhook_topic_partitions',
    'Partitions of a Kafka topic at the last look; 0: it is missing, or we may not see it.',
    'max',
  )
  const ready = gauge(
    'exhook_topic_ready',
    '1 when a Kafka topic was there and writable at the last look; of `other`, when all of them were.',
    'min',
  )

  return (topics) => {
    partitions.reset()
    ready.reset()
    for (const one of topics.slice(0, maxLabels)) {
      partitions.set({ topic: one.topic }, one.partitions)
      ready.set({ topic: one.topic }, one.ready ? 1 : 0)
    }
    const rest = topics.slice(maxLabels)
    if (rest.length === 0) return
    partitions.set(
      { topic: 'other' },
      rest.reduce((sum, one) => sum + one.partitions, 0),
    )
    ready.set({ topic: 'other' }, rest.every((one) => one.ready) ? 1 : 0)
  }
}
