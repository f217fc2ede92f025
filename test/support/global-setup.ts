import { kafkaClasspath } from './kafka/jars.ts'

/** Downloads Kafka's jars once, before any test, so that no test's time depends on the network. */
export async function setup(): Promise<void> {
  await kafkaClasspath({ onProgress: (line) => console.log(line) })
}
