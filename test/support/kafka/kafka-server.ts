import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import { kafkaClasspath } from './jars.ts'
import { requireJava } from './java.ts'
import { exitOf, formatStorage, type JavaLaunch, spawnBroker } from './kafka-process.ts'
import { joining, type KafkaPorts, type KafkaProperties, serverProperties } from './server-properties.ts'
import { answers, createTopic, deleteTopic } from './topics.ts'

export interface KafkaServerConfig {
  /** Default: two free ones. */
  readonly ports?: KafkaPorts
  /** Created before `startKafka` returns, with so many partitions each. */
  readonly topics?: Readonly<Record<string, number>>
  /** Joins the cluster of another as a broker, node 2. Default: a cluster of its own. */
  readonly joins?: Pick<KafkaServer, 'clusterId' | 'ports'>
  /** Kafka's own settings, e.g. `{ 'message.max.bytes': 2_000_000 }`; they win over ours. */
  readonly properties?: KafkaProperties
  /**
   * Java flags. Default: compile quickly rather than well (`-XX:TieredStopAtLevel=1`), which leaves more of a small
   * machine to what is under test; a benchmark passes `[]`.
   */
  readonly jvmFlags?: readonly string[]
  /** Kafka's warnings and errors, and what is being downloaded. Default: nothing. */
  readonly onLog?: (line: string) => void
  /** How long a start may take. Default: 60 s. */
  readonly startTimeoutMs?: number
}

/** A real Apache Kafka: one KRaft node on loopback. */
export interface KafkaServer {
  /** `127.0.0.1:<port>`; stays the same over `restart`. */
  readonly bootstrap: string
  readonly ports: KafkaPorts
  readonly clusterId: string
  /** For Kafka's own Java tools. */
  readonly classpath: string
  /** Of the running process; undefined between `kill` and `restart`. */
  readonly pid: number | undefined
  createTopic(
    topic: string,
    partitions?: number,
    config?: Readonly<Record<string, string | number>>,
  ): Promise<void>
  deleteTopic(topic: string): Promise<void>
  /** SIGKILL, as a crash; returns when the process is gone. Its data stay. */
  kill(): Promise<void>
  /** Starts it again (after `kill` when it runs), same ports and data; returns when it answers. */
  restart(): Promise<void>
  /** SIGSTOP: connections stay open and nobody answers. */
  freeze(): void
  /** SIGCONT. */
  thaw(): void
  /** Ends it and removes its data. Safe twice, and on a frozen or killed one. */
  stop(): Promise<void>
}

const START_ATTEMPTS = 3

/**
 * Starts Apache Kafka, downloading it the first time, and returns when it answers.
 * @throws MissingToolError without Java 17 or, the first time, Maven; Error with Kafka's last words when it does not start.
 */
export async function startKafka(config: KafkaServerConfig = {}): Promise<KafkaServer> {
  const onLog = config.onLog ?? (() => {})
  await requireJava()
  const classpath = await kafkaClasspath({ onProgress: onLog })
  for (let attempt = 1; ; attempt++) {
    const node = await createNode(config, classpath, onLog)
    try {
      await node.start()
      for (const [topic, partitions] of Object.entries(config.topics ?? {})) {
        await node.server.createTopic(topic, partitions)
      }
      return node.server
    } catch (error) {
      await node.server.stop()
      // Somebody may have taken a port between the probe and the start: try others, unless these were asked for.
      if (
        config.ports !== undefined ||
        attempt === START_ATTEMPTS ||
        !/in use|BindException/.test(String(error))
      )
        throw error
    }
  }
}

async function createNode(config: KafkaServerConfig, classpath: string, onLog: (line: string) => void) {
  const folder = await mkdtemp(join(tmpdir(), 'exhook-kafka-test-'))
  const ports = config.ports ?? { broker: await freePort(), controller: await freePort() }
  const bootstrap = `127.0.0.1:${ports.broker}`
  const clusterId = config.joins?.clusterId ?? newClusterId()
  const lastWords: string[] = []
  const launch: JavaLaunch = {
    classpath,
    folder,
    onLog(line) {
      lastWords.push(line)
      if (lastWords.length > 40) lastWords.shift()
      onLog(line)
    },
  }
  await mkdir(join(folder, 'data'))
  await writeFile(
    join(folder, 'server.properties'),
    serverProperties(join(folder, 'data'), ports, {
      ...(config.joins && joining(ports, config.joins.ports)),
      ...config.properties,
    }),
  )

  let child: ChildProcess | undefined
  let stopped = false

  async function run(): Promise<void> {
    child = spawnBroker(launch, config.jvmFlags ?? ['-XX:TieredStopAtLevel=1'])
    await untilUp(child, bootstrap, config.startTimeoutMs ?? 60_000, lastWords)
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child
    child = undefined
    if (ending === undefined) return
    ending.kill(signal)
    await exitOf(ending)
  }

  const server: KafkaServer = {
    bootstrap,
    ports,
    clusterId,
    classpath,
    get pid() {
      return child?.pid
    },
    createTopic: (topic, partitions, topicConfig) => createTopic(bootstrap, topic, partitions, topicConfig),
    deleteTopic: (topic) => deleteTopic(bootstrap, topic),
    kill: () => end('SIGKILL'),
    async restart() {
      if (stopped) throw new Error('this Kafka was stopped and its data removed')
      await end('SIGKILL')
      await run()
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    async stop() {
      stopped = true
      await end('SIGKILL') // its data go anyway: an orderly end would only take longer
      await rm(folder, { recursive: true, force: true })
    },
  }
  return {
    server,
    async start() {
      await formatStorage(launch, clusterId)
      await run()
    },
  }
}

async function untilUp(
  child: ChildProcess,
  bootstrap: string,
  timeoutMs: number,
  lastWords: string[],
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await answers(bootstrap))) {
    const gone = child.exitCode !== null || child.signalCode !== null || child.pid === undefined
    if (gone || Date.now() > deadline) {
      child.kill('SIGKILL')
      const how = gone ? 'ended while starting' : `did not answer within ${timeoutMs} ms`
      throw new Error(`Kafka ${how}; its last words:\n${lastWords.join('\n')}`)
    }
    await sleep(50)
  }
}

/** 22 characters of base64url; the first never a dash, which Kafka's tools would take for an option. */
function newClusterId(): string {
  return `k${randomBytes(16).toString('base64url').slice(1)}`
}
