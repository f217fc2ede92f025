import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { KAFKA_VERSION } from '../test/support/kafka/jars.ts'

/** When, with what and on what a table was made, in a sentence. */
export function circumstances(): string {
  const { version, dependencies } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { version: string; dependencies: Record<string, string> }
  const [cpu] = cpus()
  return [
    new Date().toISOString().slice(0, 10),
    `exhook-kafka ${version}`,
    `Node ${process.version.slice(1)}`,
    `Apache Kafka ${KAFKA_VERSION}`,
    `kafkajs ${dependencies.kafkajs}, @platformatic/kafka ${dependencies['@platformatic/kafka']}`,
    `${cpus().length} × ${cpu?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux, load average ${loadavg()
      .map((load) => load.toFixed(1))
      .join(', ')} at the end`,
  ].join('; ')
}
