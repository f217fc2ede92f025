import { SEQUENCE_MARK } from '../load/hook-calls.ts'
import { CLIENT_DIGITS, SEQUENCE_DIGITS } from '../load/load-plan.ts'

/** What was found in Kafka of what a server answered. */
export interface OrderVerdict {
  /** Calls that were answered. */
  readonly answered: number
  /** Records found that belong to them, each call counted once. */
  readonly found: number
  /** Answered calls without a record; at least so many, where a call that failed may be the one that is not there. */
  readonly missing: number
  readonly doubled: number
  /** Records that stand behind a later one of the same device. */
  readonly outOfOrder: number
  /** Devices with records in more than one partition. */
  readonly astray: number
}

interface Device {
  readonly seen: Set<number>
  last: number
  readonly partitions: Set<number>
}

const CLIENTID = new RegExp(`[a-z][a-z0-9]*-\\d{${CLIENT_DIGITS}}(?!\\d)`)
const PAYLOAD_OF_BRIDGE = '"payload":"'
/** Of a payload's base64, what holds the mark and the number. */
const BASE64_HEAD = Math.ceil((SEQUENCE_MARK.length + SEQUENCE_DIGITS) / 3) * 4

/** Looks at every record of one Kafka topic, in the order of its partitions. */
export function createOrderCheck() {
  const devices = new Map<string, Device>()
  let doubled = 0
  let outOfOrder = 0
  return {
    add(key: string | null, value: Buffer, partition: number): void {
      const sequence = sequenceOf(value)
      const clientid = key ?? CLIENTID.exec(value.toString('latin1'))?.[0]
      if (sequence === null || clientid === undefined) throw new Error('a record that the load did not cause')
      let device = devices.get(clientid)
      if (device === undefined) {
        device = { seen: new Set(), last: -1, partitions: new Set() }
        devices.set(clientid, device)
      }
      device.partitions.add(partition)
      if (device.seen.has(sequence)) doubled++
      else if (sequence < device.last) outOfOrder++
      device.seen.add(sequence)
      device.last = Math.max(device.last, sequence)
    },
    /** So many calls were answered and failed; the numbers of each device begin with 0. */
    verdict(answered: number, failed = 0): OrderVerdict {
      const all = [...devices.values()]
      const found = all.reduce((sum, { seen }) => sum + seen.size, 0)
      const gaps = all.reduce((sum, { seen, last }) => sum + last + 1 - seen.size, 0)
      return {
        ...{ answered, found, doubled, outOfOrder },
        missing: Math.max(0, answered - found, gaps - failed),
        astray: all.filter(({ partitions }) => partitions.size > 1).length,
      }
    },
  }
}

/** The number that the load program put into a call, read from the record that a server made of it. */
export function sequenceOf(value: Buffer): number | null {
  const payload = value.indexOf(PAYLOAD_OF_BRIDGE)
  if (payload < 0) return numberAfterMark(value)
  const from = payload + PAYLOAD_OF_BRIDGE.length
  return numberAfterMark(Buffer.from(value.toString('latin1', from, from + BASE64_HEAD), 'base64'))
}

function numberAfterMark(bytes: Buffer): number | null {
  const mark = bytes.indexOf(SEQUENCE_MARK)
  if (mark < 0) return null
  const from = mark + SEQUENCE_MARK.length
  return Number(bytes.toString('latin1', from, from + SEQUENCE_DIGITS))
}
