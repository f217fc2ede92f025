import { setTimeout as sleep } from 'node:timers/promises'
import { type ConsumedRecord, followTopics } from '../test/support/kafka/consume.ts'
import { createTopic } from '../test/support/kafka/topics.ts'
import { type Arrival, createArrivals, pretty } from './arrivals.ts'
import type { DemoKafka } from './choose-kafka.ts'
import type { DemoRun } from './demo-run.ts'
import { play } from './play.ts'
import { DEAD_LETTER_TOPIC, KAFKA_TOPICS, startDemoProvider } from './provider.ts'
import { compareSmartLock, summarize } from './summary.ts'

const PARTITIONS = 6
/** How long the last acknowledged messages may take to be read back from Kafka. */
const ARRIVAL_TIMEOUT_MS = 30_000
/** How often a record is shown, besides the first ones. */
const SAMPLE_EVERY_MS = 2_000
const SHOWN_AT_FIRST = 4

/** The demo as it is meant: the provider in a process of its own, and a real Kafka. Says whether all went well. */
export async function runOnKafka(
  kafka: DemoKafka,
  { options, scenario, say, atEnd, interrupted }: DemoRun,
): Promise<boolean> {
  // So that the largest packet of a device fits, in base64.
  const config = { 'max.message.bytes': 1_500_000 }
  for (const topic of KAFKA_TOPICS) await createTopic(kafka.bootstrap, topic, PARTITIONS, config)
  await createTopic(kafka.bootstrap, DEAD_LETTER_TOPIC)
  say(`${kafka.name} at ${kafka.bootstrap}, topics ${KAFKA_TOPICS.join(' and ')}`)

  const provider = await startDemoProvider(kafka.bootstrap)
  let ending: ReturnType<typeof provider.stop> | undefined
  atEnd(() => (ending ??= provider.stop()))
  say(`the provider takes hook calls at ${provider.url} and is connected to Kafka`)

  const arrivals = createArrivals()
  const show = createSampler(say, scenario.mqtt[0]?.client_id)
  let showAll = false
  const follower = await followTopics(kafka.bootstrap, KAFKA_TOPICS, (record) => {
    const arrival = toArrival(record)
    if (!arrivals.add(arrival)) return
    if (showAll) say(`  ${pretty(arrival)}`)
    else show(arrival)
  })
  atEnd(() => follower.stop())

  const played = await play(options, {
    providerUrl: provider.url,
    scenario,
    arrived: { count: () => arrivals.count, where: 'in Kafka' },
    say,
    atEnd,
  })
  await played.fleet.disconnect()
  say(`the provider's ledger: ${await provider.ledger()}`)

  const complete = () =>
    arrivals.missing(played.fleet.acknowledged).length === 0 &&
    compareSmartLock(scenario, arrivals).every(({ difference }) => difference === null)
  const result = { played, arrivals, scenario, where: 'in Kafka' }

  if (options.keep) {
    await until(complete)
    const summary = summarize(result)
    say('', 'SUMMARY', ...summary.lines, '', ...howToPointEmqxAtIt(provider.url, played.emqx.url))
    showAll = true
    await interrupted
    return summary.good
  }

  await played.emqx.stop()
  say('SIGTERM to the provider')
  ending = provider.stop()
  const end = await ending
  await until(complete)
  const summary = summarize({ ...result, provider: end })
  say('', 'SUMMARY', ...summary.lines)
  return summary.good
}

async function until(complete: () => boolean): Promise<void> {
  for (const deadline = Date.now() + ARRIVAL_TIMEOUT_MS; !complete() && Date.now() < deadline; )
    await sleep(50)
}

/** Shows every record of one client, the first of the others, and then one now and again. */
function createSampler(say: (line: string) => void, client: string | undefined): (arrival: Arrival) => void {
  let shown = 0
  let last = 0
  return (arrival) => {
    const now = Date.now()
    const due = shown < SHOWN_AT_FIRST || now - last >= SAMPLE_EVERY_MS
    if (!due && arrival.key !== client) return
    shown++
    last = now
    say(`  Kafka ▸ ${pretty(arrival)}`)
  }
}

function toArrival({ topic, partition, offset, key, value }: ConsumedRecord): Arrival {
  return { topic, key, value, place: `${topic}[${partition}]@${offset}` }
}

function howToPointEmqxAtIt(providerUrl: string, standInUrl: string): string[] {
  const body = {
    name: 'exhook-kafka',
    url: providerUrl,
    enable: true,
    failed_action: 'ignore',
    request_timeout: '5s',
    auto_reconnect: '5s',
    pool_size: 8,
  }
  return [
    'All of it stays up; records are shown as they arrive in Kafka. Ctrl-C ends it.',
    '',
    'Point a real EMQX 5 or 6 on this machine at the provider (one in Docker needs --network host):',
    `  dashboard   Management > ExHook > Add: URL ${providerUrl}, failed action ignore`,
    "  REST API    curl -u 'API_KEY:SECRET' -H 'content-type: application/json' \\",
    '                http://127.0.0.1:18083/api/v5/exhooks \\',
    `                -d '${JSON.stringify(body)}'`,
    'Then publish something that the rules take:',
    `  mosquitto_pub -t devices/my-lock/state -q 1 -m '{"battery":83.4}'`,
    `The stand-in takes it too: add -h 127.0.0.1 -p ${new URL(standInUrl).port}`,
    '',
  ]
}
