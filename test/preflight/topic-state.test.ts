import { describe, expect, it } from 'vitest'
import type { TopicReport } from '../../src/kafka/topic-inspector.ts'
import type { TopicNeed } from '../../src/preflight/topic-needs.ts'
import { type TopicStateOptions, topicState } from '../../src/preflight/topic-state.ts'

const NEED: TopicNeed = { topic: 't', deadLetters: false, largestRecordBytes: 1000 }
const GOOD: TopicReport = {
  topic: 't',
  error: null,
  partitions: 6,
  leaderless: [],
  mayWrite: true,
  maxMessageBytes: 1000,
}
const MISSING: TopicReport = {
  ...GOOD,
  error: 'UNKNOWN_TOPIC_OR_PARTITION',
  partitions: 0,
  maxMessageBytes: null,
}

const judged = (
  report: Partial<TopicReport>,
  { deadLetters = false, ...options }: Partial<TopicStateOptions> & { deadLetters?: boolean } = {},
) =>
  topicState(
    { ...NEED, deadLetters },
    { ...GOOD, ...report },
    { compression: 'none', refusal: undefined, ...options },
  )

const refusal = (code: string) => ({ refusal: { kind: 'topic', code, message: 'said Kafka' } as const })

describe('a topic', () => {
  it.each<[string, Partial<TopicReport>]>([
    ['is there and writable', {}],
    ['has a limit that we may not see', { maxMessageBytes: null }],
    ['is on a broker too old to tell rights', { mayWrite: null }],
  ])('is in order when it %s', (_, report) => {
    expect(judged(report)).toMatchObject({ topic: 't', partitions: 6, ready: true, problem: null })
  })

  it.each<[string, Partial<TopicReport>, string, RegExp]>([
    ['missing', MISSING, 'does not exist', /kafka\.topics\.create.*rules/],
    ['hidden', { ...MISSING, error: 'TOPIC_AUTHORIZATION_FAILED' }, 'may not be seen', /Describe and Write/],
    ['not-writable', { mayWrite: false }, 'may not be written', /Write/],
    ['leaderless', { leaderless: [1, 4] }, 'has 2 of 6 partitions without a leader', /brokers/],
    [
      'refused',
      { ...MISSING, error: 'INVALID_TOPIC_EXCEPTION' },
      'is refused: INVALID_TOPIC_EXCEPTION',
      /code/,
    ],
  ])('is not ready when it is %s, and the fix is told', (kind, report, short, fix) => {
    expect(judged(report)).toMatchObject({
      ready: false,
      problem: { kind, short, fix: expect.stringMatching(fix) },
    })
  })

  it('names another way out where it is the one of the dead letters', () => {
    expect(judged(MISSING, { deadLetters: true }).problem?.fix).toContain('dead_letters.topic: off')
  })

  it.each([
    ['TOPIC_AUTHORIZATION_FAILED', /grant Create/],
    ['INVALID_CONFIG', /kafka\.topics\.config/],
    ['INVALID_REPLICATION_FACTOR', /kafka\.topics\.replication/],
    ['INVALID_PARTITIONS', /kafka\.topics\.partitions/],
    ['POLICY_VIOLATION', /policy/],
    ['KAFKA_STORAGE_ERROR', /see the error/],
  ])('that could not be created says so: %s', (code, fix) => {
    expect(judged(MISSING, refusal(code)).problem).toMatchObject({
      kind: 'missing',
      short: `does not exist and could not be created: ${code}`,
      fix: expect.stringMatching(fix),
      details: { code, error: 'said Kafka' },
    })
  })
})

describe('a limit below the largest record', () => {
  const small = { maxMessageBytes: 999 }

  it('is a warning only, with the number to set', () => {
    expect(judged(small)).toMatchObject({
      ready: true,
      problem: {
        kind: 'limit',
        details: { maxMessageBytes: 999, largestRecordBytes: 1000 },
        fix: expect.stringMatching(/max\.message\.bytes=1000 .*mqtt\.max_packet_size/),
      },
    })
  })

  it('is said to matter less when batches are compressed, as Kafka looks at what arrives', () => {
    expect(judged(small).problem?.text).not.toContain('compression')
    expect(judged(small, { compression: 'zstd' }).problem?.text).toContain(
      'unless compression makes them small',
    )
  })

  it('of the dead letters has nothing to do with packets', () => {
    expect(judged(small, { deadLetters: true }).problem?.fix).toBe('set max.message.bytes=1000 on the topic')
  })

  it('is not looked at before the topic can be written at all', () => {
    expect(judged({ ...small, mayWrite: false }).problem?.kind).toBe('not-writable')
  })
})
