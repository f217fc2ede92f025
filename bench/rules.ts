/**
 * `npm run bench:rules`: what rules cost an event. Matching by the trie, with the cache warm and cold, beside a linear
 * scan of the same filters; and making records, with and without what a rule may ask for. CPU time of this process, all
 * subjects in turn each round, medians. No Kafka, no network; ends by itself. Options: --rounds 9
 */
import { parseArgs } from 'node:util'
import { parseRules } from '../src/rules/load-rules.ts'
import type { RuleSet } from '../src/rules/rule-set.ts'
import { median } from './measure/statistics.ts'
import { freshTexts, linearScan, mixedFilters, publishEvent, topicsFor } from './rule-load.ts'

const { values: options } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } })
const ROUNDS = Number(options.rounds)

/** Something to be measured: `work` does `events` of it, after what `prepare` does uncounted. */
interface Subject {
  readonly events: number
  readonly prepare?: () => void
  readonly work: () => number
}

const EVENTS = 100_000
const WARM_TOPICS = 1_000

console.log(
  `Matching one event, in µs of CPU: ${WARM_TOPICS} topics over and over (warm), ${EVENTS} topics once each (cold)\n`,
)
console.log('| rules | cache warm | cold | linear scan | rules that match |\n|---|---|---|---|---|')
for (const count of [10, 100, 1_000]) console.log(matchingRow(count))

const PLAIN = ''
const OTHERS = ['when: payload.battery < 20.0', 'key: "${payload.vin}"'].map(
  (fields) => `{hook: message.publish, filter: other/+, topic: t, ${fields}}`,
)
console.log('\nMatching one event and making its record (format payload), in µs of CPU, cache warm\n')
console.log('| a rule | µs | beside the plain one |\n|---|---|---|')
for (const row of recordRows([
  ['plain', PLAIN],
  ['plain again: what differs is noise', PLAIN],
  [
    'plain, in a file of 100 others with conditions and payload paths',
    PLAIN,
    Array.from({ length: 50 }, () => OTHERS).flat(),
  ],
  [
    'with four headers that are templates',
    'headers: {a: "${username}", b: "${topic[1]}", c: "${qos}", d: x}',
  ],
  ['with `when: qos > 0`', 'when: qos > 0'],
  ['with `key: ${payload.vin}`', 'key: "${payload.vin}"'],
  ['with `when: payload.battery < 90.0`', 'when: payload.battery < 90.0'],
]))
  console.log(row)

function matchingRow(count: number): string {
  const filters = mixedFilters(count)
  const rules = filters.map(
    (filter, i) => `{hook: message.publish, filter: ${JSON.stringify(filter)}, topic: t${i}}`,
  )
  const text = `rules: [${rules.join(', ')}]`
  const scan = linearScan(filters)
  const topics = topicsFor(count, EVENTS)
  const scanned = topics.slice(0, Math.ceil(EVENTS / count))
  const warmSet = parseRules(text, 'bench')
  let coldSet: RuleSet
  // As the decoder makes them: a text of its own for each event.
  let fresh: readonly string[] = []
  const [warm = 0, cold = 0, linear = 0] = measureAll([
    {
      events: EVENTS,
      prepare: () => {
        fresh = freshTexts(topics.slice(0, WARM_TOPICS), EVENTS)
      },
      work: () => matchAll(warmSet, fresh),
    },
    {
      events: EVENTS,
      prepare: () => {
        coldSet = parseRules(text, 'bench')
        fresh = freshTexts(topics, EVENTS)
      },
      work: () => matchAll(coldSet, fresh),
    },
    { events: scanned.length, work: () => scanned.reduce((sum, topic) => sum + scan(topic), 0) },
  ])
  const matched = matchAll(warmSet, topics) / topics.length
  return `| ${count} | ${warm.toFixed(2)} | ${cold.toFixed(2)} | ${linear.toFixed(1)} | ${matched.toFixed(1)} |`
}

function matchAll(set: RuleSet, topics: readonly string[]): number {
  let sum = 0
  for (const topic of topics) sum += set.match('message.publish', topic).length
  return sum
}

type RecordSubject = readonly [title: string, fields: string, others?: readonly string[]]

function recordRows(subjects: readonly RecordSubject[]): readonly string[] {
  const event = publishEvent()
  const costs = measureAll(
    subjects.map(([, fields, others = []]): Subject => {
      const rule = `{hook: message.publish, filter: vehicles/+/state, topic: t, format: payload, ${fields}}`
      const set = parseRules(`rules: [${[rule, ...others].join(', ')}]`, 'bench')
      return {
        events: EVENTS,
        work: () => {
          let sum = 0
          for (let i = 0; i < EVENTS; i++) sum += set.apply(event).length
          return sum
        },
      }
    }),
  )
  const [plain = 0] = costs
  return subjects.map(([title], i) => {
    const more = (costs[i] ?? 0) - plain
    return `| ${title} | ${costs[i]?.toFixed(2)} | ${more < 0 ? '' : '+'}${more.toFixed(2)} |`
  })
}

/** µs of CPU an event of each subject: the median of the rounds, after two that only warm up. */
function measureAll(subjects: readonly Subject[]): readonly number[] {
  const costs = subjects.map((): number[] => [])
  for (let round = -2; round < ROUNDS; round++)
    for (const [i, { events, prepare, work }] of subjects.entries()) {
      prepare?.()
      const before = process.cpuUsage()
      work()
      const { user, system } = process.cpuUsage(before)
      if (round >= 0) costs[i]?.push((user + system) / events)
    }
  return costs.map(median)
}
