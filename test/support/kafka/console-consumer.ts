import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { javaCommand } from './java.ts'
import type { KafkaServer } from './kafka-server.ts'

const run = promisify(execFile)

/** The values of the first `count` records of these topics, as Java's own console consumer prints them. */
export async function readWithJava(kafka: KafkaServer, topics: string, count: number): Promise<string[]> {
  const { stdout } = await run(
    javaCommand(),
    [
      ...[
        '-cp',
        kafka.classpath,
        '-XX:TieredStopAtLevel=1',
        '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      ],
      'org.apache.kafka.tools.consumer.ConsoleConsumer',
      ...['--bootstrap-server', kafka.bootstrap, '--include', topics, '--from-beginning'],
      ...['--max-messages', String(count), '--timeout-ms', '20000'],
    ],
    { maxBuffer: 1 << 26, timeout: 40_000 },
  )
  return stdout.split('\n').slice(0, -1)
}
