import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../test/support/free-port.ts'
import { KAFKA_VERSION } from '../test/support/kafka/jars.ts'
import { answers } from '../test/support/kafka/topics.ts'

const run = promisify(execFile)

/** The image may have to be pulled first. */
const START_TIMEOUT_MS = 5 * 60_000
const UP_TIMEOUT_MS = 60_000

/** Whether a Docker engine answers: the command alone is not enough. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await run('docker', ['info', '--format', '{{.ServerVersion}}'], { timeout: 10_000 })
    return true
  } catch {
    return false
  }
}

/** Kafka's own image, a single node that listens on loopback only. @throws Error when it does not come up. */
export async function startDockerKafka(): Promise<{ bootstrap: string; stop(): Promise<void> }> {
  const port = await freePort()
  const settings = {
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
  }
  const env = Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`])
  const image = `apache/kafka:${KAFKA_VERSION}`
  const args = ['run', '--detach', '--rm', '--publish', `127.0.0.1:${port}:9092`, ...env, image]
  const { stdout } = await run('docker', args, { timeout: START_TIMEOUT_MS })
  const container = stdout.trim()
  const stop = async () => {
    await run('docker', ['kill', container]).catch(() => {})
  }
  const bootstrap = `127.0.0.1:${port}`
  for (const deadline = Date.now() + UP_TIMEOUT_MS; !(await answers(bootstrap)); await sleep(200)) {
    if (Date.now() > deadline) {
      await stop()
      throw new Error(`the container of ${image} did not answer within ${UP_TIMEOUT_MS / 1_000} s`)
    }
  }
  return { bootstrap, stop }
}
