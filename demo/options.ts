import { parseArgs } from 'node:util'

export interface DemoOptions {
  readonly locks: number
  readonly seconds: number
  /** Messages a second. */
  readonly rate: number
  /** Stay up after the summary. */
  readonly keep: boolean
}

export const USAGE = `npm run demo -- [--locks 50] [--seconds 10] [--rate 200] [--keep]

  --locks    simulated smart locks, each an MQTT connection
  --seconds  how long they publish
  --rate     messages a second of all of them together
  --keep     stay up after the summary, for a real EMQX to be pointed at the provider

KAFKA_BOOTSTRAP=host:port uses a Kafka of yours. Otherwise one is started: with Java 17 and the jars from Maven Central,
else with Docker; without either the demo shows the records in the provider's queue, and fails.
`

/** @throws Error with one sentence when an option is unknown or no positive number. */
export function parseOptions(argv: readonly string[]): DemoOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      locks: { type: 'string', default: '50' },
      seconds: { type: 'string', default: '10' },
      rate: { type: 'string', default: '200' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  return {
    locks: positive('locks', values.locks),
    seconds: positive('seconds', values.seconds),
    rate: positive('rate', values.rate),
    keep: values.keep,
  }
}

function positive(name: string, text: string): number {
  const number = Number(text)
  if (!(number > 0) || !Number.isInteger(number))
    throw new Error(`--${name} takes a whole number above 0, not "${text}"`)
  return number
}
