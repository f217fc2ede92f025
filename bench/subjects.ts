import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KafkaDriverName } from '../src/config/config.ts'
import { type ServerProcess, startNodeServer } from './measure/server-process.ts'
import { startBareGrpcGo, startBareGrpcJs, startTutorial } from './peers/start-peers.ts'

/** What can be measured. The names stand in the tables. */
export const SUBJECTS = {
  'lean/platformatic': 'exhook-kafka, lean, platformatic',
  'lean/kafkajs': 'exhook-kafka, lean, kafkajs',
  'grpc-js/platformatic': 'exhook-kafka, grpc-js, platformatic',
  'grpc-js/kafkajs': 'exhook-kafka, grpc-js, kafkajs',
  'lean/unmatched': 'exhook-kafka, lean, no rule matches',
  'grpc-js/unmatched': 'exhook-kafka, grpc-js, no rule matches',
  'bare grpc-js': 'bare grpc-js, only answers',
  'bare grpc-go': 'bare grpc-go, only answers',
  tutorial: "the tutorials' Python server",
} as const
export type SubjectName = keyof typeof SUBJECTS

/** Those that are this program, and so must neither lose nor reorder anything. */
export const isOurs = (name: SubjectName): boolean => SUBJECTS[name].startsWith('exhook-kafka')

/** A server as the load sees it. */
export interface Subject {
  readonly name: SubjectName
  readonly server: ServerProcess
  /** Where MQTT topics begin that it forwards, or that it does not. */
  readonly topicPrefix: string
  /** Where its records are; null when it makes none. */
  readonly kafkaTopic: string | null
}

export const MATCHED = 'matched'
const UNMATCHED = 'elsewhere'

/** The Kafka topic of a subject that writes into Kafka. */
const kafkaTopicOf = (name: SubjectName): string => `bench.${name.replace('/', '.')}`

const WRITERS = [
  'lean/platformatic',
  'lean/kafkajs',
  'grpc-js/platformatic',
  'grpc-js/kafkajs',
  'tutorial',
] as const
export const KAFKA_TOPICS = WRITERS.map(kafkaTopicOf)

/**
 * A rule file under which everything of a load comes into one Kafka topic. A full queue slows the load down: hooks without a
 * message would be dropped by default (and counted), and then nobody could tell what else is missing.
 */
export const rulesFor = (topic: string): string => `rules:
  - {hook: [message.publish, message.delivered, message.acked], filter: ${MATCHED}/#, topic: ${topic}}
  - {hook: [client.connected, client.disconnected], topic: ${topic}, overflow: wait}
`

export interface OursConfig {
  readonly transport: 'lean' | 'grpc-js'
  readonly driver: KafkaDriverName
  readonly bootstrap: string
  /** For the rule file. */
  readonly folder: string
  readonly topic: string
}

/** This program as a user starts it, with the probe in it. */
export async function startOurs({
  transport,
  driver,
  bootstrap,
  folder,
  topic,
}: OursConfig): Promise<ServerProcess> {
  const rules = join(folder, `${topic}.yaml`)
  await writeFile(rules, rulesFor(topic))
  return startNodeServer([
    ...['src/bin.ts', 'serve', `--rules=${rules}`, '--grpc-port=0', '--http-port=0'],
    ...[`--kafka-brokers=${bootstrap}`, `--kafka-driver=${driver}`, `--grpc-transport=${transport}`],
  ])
}

/**
 * Starts what is wanted, each in a process of its own; `unmatched` is the same process as `kafkajs` of that transport.
 * A peer whose language is missing here is left out, and `onLeftOut` told why.
 */
export async function startSubjects(
  wanted: readonly SubjectName[],
  { bootstrap, folder }: { readonly bootstrap: string; readonly folder: string },
  onLeftOut: (name: SubjectName, why: string) => void,
): Promise<{ readonly subjects: readonly Subject[]; stop(): Promise<void> }> {
  const servers: ServerProcess[] = []
  const subjects: Subject[] = []
  const started = async (server: Promise<ServerProcess>): Promise<ServerProcess> => {
    servers.push(await server)
    return server
  }
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())))
  try {
    for (const transport of ['lean', 'grpc-js'] as const)
      for (const driver of ['platformatic', 'kafkajs'] as const) {
        const name = `${transport}/${driver}` as const
        const unmatched = `${transport}/unmatched` as const
        const withUnmatched = driver === 'kafkajs' && wanted.includes(unmatched)
        if (!wanted.includes(name) && !withUnmatched) continue
        const topic = kafkaTopicOf(name)
        const server = await started(startOurs({ transport, driver, bootstrap, folder, topic }))
        if (wanted.includes(name)) subjects.push({ name, server, topicPrefix: MATCHED, kafkaTopic: topic })
        if (withUnmatched)
          subjects.push({ name: unmatched, server, topicPrefix: UNMATCHED, kafkaTopic: null })
      }
    const tutorialTopic = kafkaTopicOf('tutorial')
    const peers: [SubjectName, () => Promise<ServerProcess>, string | null][] = [
      ['bare grpc-js', startBareGrpcJs, null],
      ['bare grpc-go', startBareGrpcGo, null],
      ['tutorial', () => startTutorial(folder, bootstrap, tutorialTopic), tutorialTopic],
    ]
    for (const [name, start, kafkaTopic] of peers)
      if (wanted.includes(name)) {
        const server = await started(start()).catch((error: Error) => onLeftOut(name, error.message))
        if (server) subjects.push({ name, server, topicPrefix: MATCHED, kafkaTopic })
      }
    return { subjects, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
