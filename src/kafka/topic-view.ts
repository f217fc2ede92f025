/** What is known of a Kafka topic: its partitions and which broker leads each. */
export interface TopicView {
  /** Number of partitions; their ids are 0 … count - 1. */
  readonly partitions: number
  /** Node id of each partition's leader, by partition id; -1: it has none. */
  readonly leaders: readonly number[]
}
