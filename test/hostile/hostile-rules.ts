import { HOOKS } from '../../src/hooks.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { kafkaTopicProblem } from '../../src/rules/kafka-topic.ts'

const ALL = [...HOOKS.keys()].join(', ')
const OF_MESSAGE = [...HOOKS].flatMap(([hook, { topic }]) => (topic === 'message' ? [hook] : [])).join(', ')
const WITH_TOPIC = [...HOOKS].flatMap(([hook, { topic }]) => (topic === 'none' ? [] : [hook])).join(', ')

/** Rules that take every event in every format, and look at all of it that a device may choose. */
export const HOSTILE_RULES = `rules:
  - {name: bridge, hook: [${ALL}], topic: bridge}
  - {name: emqx, hook: [${ALL}], topic: emqx, format: emqx, key: '\${username}', headers: {all: '\${.}'}}
  - {name: cloudevents, hook: [${ALL}], topic: cloudevents, format: cloudevents, timestamp: now}
  - {name: protobuf, hook: [${ALL}], topic: protobuf, format: protobuf}
  - name: payload
    hook: [${OF_MESSAGE}]
    topic: payload
    format: payload
    key: '\${payload.a.b}'
    partition: '\${payload.n}'
    headers:
      proto: '[\${payload.__proto__.x}]'
      constructor: '[\${payload.constructor.name}]'
      header: '[\${payload}]'
  - {name: templated, hook: [${WITH_TOPIC}], topic: 'dev.\${topic[1]}', allow: [dev.*], when: 'clientid != "left out"'}
  - {name: looks, hook: [${OF_MESSAGE}], topic: looks, when: 'payload.a.b == payload.c || payload.exists(x, x == 1.0)'}
`

const JSON_TOPICS: ReadonlySet<string> = new Set(['bridge', 'emqx', 'looks'])

/** What is wrong with a record; null when a consumer can read it. */
export function recordProblem(record: KafkaRecord): string | null {
  const topic = kafkaTopicProblem(record.topic)
  if (topic !== null) return `the topic ${JSON.stringify(record.topic)}: ${topic}`
  if (!Number.isSafeInteger(record.timestampMs) || record.timestampMs < 0)
    return `the time ${record.timestampMs}`
  if (Object.values(record.headers).some((value) => typeof value !== 'string')) return 'a header is no text'
  if (JSON_TOPICS.has(record.topic)) {
    try {
      JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(record.value))
    } catch (error) {
      return `no JSON: ${String(error)}`
    }
  }
  const { ce_specversion: ce, ce_id: id, ce_type: type } = record.headers
  if (record.topic === 'cloudevents' && (ce !== '1.0' || !id || !type)) return 'no CloudEvent'
  return null
}
