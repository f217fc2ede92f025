import { parseArgs } from 'node:util'
import { SOAK_PAGE } from './docs-page.ts'
import { FAULTS } from './faults.ts'
import { DRIVERS, type Filter, QUEUES, REPLIES } from './scenario.ts'

export interface SoakOptions {
  readonly filter: Filter
  readonly seconds: number
  readonly rate: number
  readonly clients: number
  /** No scenario begins later than this after the start. */
  readonly minutes: number
  /** Where the table is written; null: nowhere. */
  readonly out: string | null
}

export const USAGE = `npm run soak -- [options]

  --fault, --reply, --driver, --queue   only these, a comma between several:
      --fault   ${Object.keys(FAULTS).join(', ')}
      --reply   ${REPLIES.join(', ')}
      --driver  ${DRIVERS.join(', ')}
      --queue   ${QUEUES.join(', ')}
  --seconds 15    how long each scenario publishes; longer where the fault lasts longer
  --rate 1000     messages a second of all clients together
  --clients 200   MQTT clients
  --minutes 40    the bound: no scenario begins later
  --out <file>    where the table goes. Default: ${SOAK_PAGE} for the whole matrix, nowhere for a part of it
`

/** @throws Error with one sentence when an option is not as it must be. */
export function parseOptions(args: readonly string[]): SoakOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      fault: { type: 'string', default: '' },
      reply: { type: 'string', default: '' },
      driver: { type: 'string', default: '' },
      queue: { type: 'string', default: '' },
      seconds: { type: 'string', default: '15' },
      rate: { type: 'string', default: '1000' },
      clients: { type: 'string', default: '200' },
      minutes: { type: 'string', default: '40' },
      out: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const filter = {
    faults: chosen('fault', values.fault, Object.keys(FAULTS)),
    replies: chosen('reply', values.reply, REPLIES),
    drivers: chosen('driver', values.driver, DRIVERS),
    queues: chosen('queue', values.queue, QUEUES),
  }
  const whole = Object.values(filter).every((list) => list.length === 0)
  return {
    filter,
    seconds: positive('seconds', values.seconds),
    rate: positive('rate', values.rate),
    clients: positive('clients', values.clients),
    minutes: positive('minutes', values.minutes),
    out: values.out ?? (whole ? SOAK_PAGE : null),
  }
}

function chosen(option: string, text: string, choices: readonly string[]): string[] {
  const names = text.split(',').filter((name) => name !== '')
  const unknown = names.find((name) => !choices.includes(name))
  if (unknown !== undefined) throw new Error(`--${option} takes ${choices.join(', ')}, not "${unknown}"`)
  return names
}

export function positive(option: string, text: string): number {
  const number = Number(text)
  if (!(number > 0)) throw new Error(`--${option} takes a number above 0, not "${text}"`)
  return number
}
