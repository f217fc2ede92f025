/** How many Kafka topics records are made for. */
export interface TopicLimit {
  /** Whether a record may be made for this topic: it is one of those already in use, or there is room for one more. */
  admits(topic: string): boolean
  /** The topic is no longer in use: its place is free for another. One of `fixed` keeps its place. */
  release(topic: string): void
  /**
   * Other rules are in force: these are `fixed` now. Those that were and are no longer free their place, or where they are
   * among `busy`, which still have records, when they are released.
   */
  fix(topics: Iterable<string>, busy: ReadonlySet<string>): void
}

/** `max` topics at most; those of `fixed` are among them from the beginning. */
export function createTopicLimit(max: number, fixed: Iterable<string> = []): TopicLimit {
  let lasting = new Set(fixed)
  const inUse = new Set(lasting)
  return {
    admits(topic) {
      if (inUse.has(topic)) return true
      if (inUse.size >= max) return false
      inUse.add(topic)
      return true
    },
    release(topic) {
      if (!lasting.has(topic)) inUse.delete(topic)
    },
    fix(topics, busy) {
      for (const topic of lasting) if (!busy.has(topic)) inUse.delete(topic)
      lasting = new Set(topics)
      for (const topic of lasting) inUse.add(topic)
    },
  }
}
