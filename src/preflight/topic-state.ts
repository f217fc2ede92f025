import type { Compression } from '../config/config.ts'
import { formatBytes } from '../config/sizes.ts'
import type { KafkaFailure } from '../kafka/kafka-driver.ts'
import type { TopicReport } from '../kafka/topic-inspector.ts'
import type { TopicNeed } from './topic-needs.ts'

/**
 * `missing` there is no such topic; `hidden` we may not see it, so not write to it either; `not-writable` we may see it and not
 * write; `leaderless` some of its partitions cannot be written now; `refused` Kafka says something else of it; `limit` it may not take
 * the largest records, which alone does not keep it from being ready.
 */
export type TopicProblemKind = 'missing' | 'hidden' | 'not-writable' | 'leaderless' | 'refused' | 'limit'

/** What is wrong with a topic, for people. */
export interface TopicProblem {
  readonly kind: TopicProblemKind
  /** After the topic's name: `does not exist`. */
  readonly short: string
  /** A sentence. */
  readonly text: string
  readonly fix: string
  /** Further fields of its log line; with `kind` they tell one problem from another. */
  readonly details: Readonly<Record<string, string | number>>
}

/** What a look found of one topic. */
export interface TopicState {
  readonly topic: string
  readonly partitions: number
  /** Records can be written to all of its partitions. */
  readonly ready: boolean
  /** The topic's `max.message.bytes`; null: not known. */
  readonly maxMessageBytes: number | null
  readonly problem: TopicProblem | null
}

export interface TopicStateOptions {
  readonly compression: Compression
  /** Why the topic could not be created just now; undefined: nobody tried, or it was. */
  readonly refusal: KafkaFailure | undefined
}

/** Judges what Kafka says of a topic by what is needed of it. */
export function topicState(need: TopicNeed, report: TopicReport, options: TopicStateOptions): TopicState {
  const { topic, partitions, maxMessageBytes } = report
  const problem = problemOf(need, report, options)
  return { topic, partitions, maxMessageBytes, ready: problem === null || problem.kind === 'limit', problem }
}

function problemOf(need: TopicNeed, report: TopicReport, options: TopicStateOptions): TopicProblem | null {
  const { error, leaderless, partitions, mayWrite, maxMessageBytes } = report
  if (error === 'UNKNOWN_TOPIC_OR_PARTITION') return missing(need, options.refusal)
  if (error === 'TOPIC_AUTHORIZATION_FAILED') return HIDDEN
  if (error !== null) return refused(error)
  if (mayWrite === false) return NOT_WRITABLE
  if (leaderless.length > 0) return withoutLeaders(leaderless, partitions)
  if (maxMessageBytes === null || maxMessageBytes >= need.largestRecordBytes) return null
  return tooSmall(need, maxMessageBytes, options.compression)
}

const USER = 'the user of kafka.sasl, or whom kafka.tls_cert_file names'

const HIDDEN: TopicProblem = {
  kind: 'hidden',
  short: 'may not be seen',
  text: 'Kafka does not let us see the topic, which may exist or not',
  fix: `grant Describe and Write on the topic to ${USER}`,
  details: { code: 'TOPIC_AUTHORIZATION_FAILED' },
}

const NOT_WRITABLE: TopicProblem = {
  kind: 'not-writable',
  short: 'may not be written',
  text: 'Kafka does not let us write to the topic',
  fix: `grant Write on the topic to ${USER}`,
  details: {},
}

function missing({ deadLetters }: TopicNeed, refusal: KafkaFailure | undefined): TopicProblem {
  const otherwise = deadLetters ? 'say `dead_letters.topic: off`' : 'correct its name in the rules'
  if (refusal === undefined) {
    return {
      kind: 'missing',
      short: 'does not exist',
      text: 'the topic does not exist',
      fix: `create it, let it be created by \`kafka.topics.create: true\`, or ${otherwise}`,
      details: {},
    }
  }
  const { code, message } = refusal
  return {
    kind: 'missing',
    short: `does not exist and could not be created: ${code}`,
    text: 'the topic does not exist and could not be created',
    fix: CREATION_FIXES[code] ?? 'see the error, or create the topic yourself',
    details: { code, error: message },
  }
}

const CREATION_FIXES: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED: `grant Create on the topic or on the cluster to ${USER}, or create the topic yourself`,
  CLUSTER_AUTHORIZATION_FAILED: `grant Create on the topic or on the cluster to ${USER}, or create the topic yourself`,
  INVALID_CONFIG: 'correct kafka.topics.config',
  INVALID_PARTITIONS: 'correct kafka.topics.partitions',
  INVALID_REPLICATION_FACTOR: 'set kafka.topics.replication to at most the number of brokers',
  POLICY_VIOLATION:
    'set kafka.topics.partitions, kafka.topics.replication and kafka.topics.config as the policy of the cluster wants them',
}

function withoutLeaders(leaderless: readonly number[], partitions: number): TopicProblem {
  return {
    kind: 'leaderless',
    short: `has ${leaderless.length} of ${partitions} partitions without a leader`,
    text: 'partitions of the topic have no leader: their records wait',
    fix: 'bring the brokers of these partitions back',
    details: { partitions, leaderless: leaderless.slice(0, 20).join(',') },
  }
}

const refused = (code: string): TopicProblem => ({
  kind: 'refused',
  short: `is refused: ${code}`,
  text: 'Kafka refuses to describe the topic',
  fix: 'see the code, and the log of the brokers',
  details: { code },
})

/** Kafka's limit is for a whole batch as it arrives, so after compression; a large record is alone in its batch. */
function tooSmall(need: TopicNeed, maxMessageBytes: number, compression: Compression): TopicProblem {
  const { largestRecordBytes, deadLetters } = need
  const text =
    compression === 'none'
      ? 'the largest records are larger than the topic takes: Kafka will refuse them'
      : 'the largest records are larger than the topic takes, unless compression makes them small enough: Kafka will refuse the others'
  const raise = `set max.message.bytes=${largestRecordBytes} on the topic`
  return {
    kind: 'limit',
    short: `takes at most ${formatBytes(maxMessageBytes)} a record`,
    text,
    fix: deadLetters
      ? raise
      : `${raise}, or lower EMQX's mqtt.max_packet_size and say so by emqx.max_packet_bytes`,
    details: { maxMessageBytes, largestRecordBytes },
  }
}
