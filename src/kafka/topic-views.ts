import type { TopicView } from './topic-view.ts'

/** Metadata is read again after this long, so that added partitions are found (Java's `metadata.max.age.ms`). */
const MAX_AGE_MS = 300_000

/** What was read of each Kafka topic, kept for a while. */
export interface TopicViews {
  /** From memory, or read now; rejects as `read` does. A topic that is being read is not read twice. */
  get(topic: string): Promise<TopicView>
  /** The next `get` reads again. */
  forget(topic: string): void
  /** Some topic that was asked for, the latest. */
  anyTopic(): string | undefined
}

export function createTopicViews(read: (topic: string) => Promise<TopicView>): TopicViews {
  const views = new Map<string, { readonly view: Promise<TopicView>; readonly readAt: number }>()
  let latest: string | undefined

  return {
    get(topic) {
      latest = topic
      const known = views.get(topic)
      if (known !== undefined && performance.now() - known.readAt < MAX_AGE_MS) return known.view
      const view = read(topic)
      const entry = { view, readAt: performance.now() }
      views.set(topic, entry)
      view.catch(() => {
        if (views.get(topic) === entry) views.delete(topic)
      })
      return view
    },
    forget(topic) {
      views.delete(topic)
    },
    anyTopic: () => latest,
  }
}
