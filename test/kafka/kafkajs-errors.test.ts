import kafkajs from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { isAlreadyThere, isFatalToProducer, kindOfCode } from '../../src/kafka/error-kinds.ts'
import { sortKafkaJsError } from '../../src/kafka/kafkajs-errors.ts'

const {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} = kafkajs

const protocol = (type: string) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 1, retriable: true }))

describe("Kafka's codes", () => {
  it.each([
    ['MESSAGE_TOO_LARGE', 'record'],
    ['INVALID_RECORD', 'record'],
    ['UNKNOWN_TOPIC_OR_PARTITION', 'topic'],
    ['TOPIC_AUTHORIZATION_FAILED', 'topic'],
    ['INVALID_TOPIC_EXCEPTION', 'topic'],
    ['SASL_AUTHENTICATION_FAILED', 'cluster'],
    ['NOT_ENOUGH_REPLICAS', 'retriable'],
    ['NOT_LEADER_FOR_PARTITION', 'retriable'],
    ['A_CODE_OF_A_LATER_KAFKA', 'retriable'],
  ])('%s is of kind %s', (code, kind) => {
    expect(kindOfCode(code)).toBe(kind)
    expect(sortKafkaJsError(protocol(code))).toMatchObject({ kind, code })
  })

  it('that end a producer are known, and the one that says it is there already', () => {
    expect(isFatalToProducer('OUT_OF_ORDER_SEQUENCE_NUMBER')).toBe(true)
    expect(isFatalToProducer('MESSAGE_TOO_LARGE')).toBe(false)
    expect(isAlreadyThere('DUPLICATE_SEQUENCE_NUMBER')).toBe(true)
  })
})

describe("kafkajs's errors", () => {
  it('are sorted by what they wrap, however often', () => {
    const refused = new KafkaJSConnectionError('connect ECONNREFUSED', { code: 'ECONNREFUSED' })
    const wrapped = Object.assign(new KafkaJSNonRetriableError(refused as Error), { cause: refused })
    expect(sortKafkaJsError(wrapped)).toMatchObject({ kind: 'connection', code: 'KafkaJSConnectionError' })
    const inner = protocol('TOPIC_AUTHORIZATION_FAILED')
    const given = new KafkaJSNumberOfRetriesExceeded(inner as Error, { retryCount: 1, retryTime: 1 })
    expect(sortKafkaJsError(given)).toMatchObject({ kind: 'topic', code: 'TOPIC_AUTHORIZATION_FAILED' })
  })

  it('that are none are retried', () => {
    expect(sortKafkaJsError(new TypeError('undefined'))).toMatchObject({
      kind: 'retriable',
      code: 'TypeError',
    })
    expect(sortKafkaJsError('a string')).toMatchObject({ kind: 'retriable', message: 'a string' })
    expect(sortKafkaJsError(undefined)).toMatchObject({ kind: 'retriable' })
  })

  it('that are their own cause end the search', () => {
    const own = new Error('round')
    own.cause = own
    expect(sortKafkaJsError(own)).toMatchObject({ code: 'Error', message: 'round' })
  })
})
