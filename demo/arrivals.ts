import { eventId } from './fleet.ts'

/** A record as it stands in Kafka, or would. */
export interface Arrival {
  readonly topic: string
  readonly key: string | null
  readonly value: Buffer
  /** Where it is, e.g. `message_state[2]@17`. */
  readonly place: string
}

/** The `bridge` format, as far as the demo reads it. */
interface BridgeRecord {
  readonly client_id: string
  readonly topic: string
  readonly payload: string
  readonly ts: number
}

/** What has arrived, compared with what was acknowledged. */
export interface Arrivals {
  /** False for a record that is none of this run's. */
  add(arrival: Arrival): boolean
  /** Different messages of the fleet. */
  readonly count: number
  /** Messages that came again. */
  readonly duplicates: number
  /** Messages that came after a later one of the same lock. */
  readonly outOfOrder: number
  /** Those of `ids` that have not arrived. */
  missing(ids: ReadonlySet<string>): string[]
  /** The latest record of a client in a Kafka topic, no older than this object. */
  latestOf(clientId: string, kafkaTopic: string): Buffer | undefined
}

/** Counts records no older than `since`, in ms; by default those from now on. */
export function createArrivals(since = Date.now()): Arrivals {
  const seen = new Set<string>()
  const highest = new Map<string, number>()
  const latest = new Map<string, Buffer>()
  let duplicates = 0
  let outOfOrder = 0

  return {
    add({ topic: kafkaTopic, value }) {
      const record = readBridge(value)
      if (record === undefined || record.ts < since) return false // somebody else's, or of an earlier run
      latest.set(`${kafkaTopic} ${record.client_id}`, value)
      const sequence = sequenceOf(record)
      if (sequence === undefined) return true
      const id = eventId(record.topic, sequence)
      if (seen.has(id)) {
        duplicates++
        return true
      }
      seen.add(id)
      const before = highest.get(record.topic) ?? 0
      if (sequence < before) outOfOrder++
      highest.set(record.topic, Math.max(before, sequence))
      return true
    },
    get count() {
      return seen.size
    },
    get duplicates() {
      return duplicates
    },
    get outOfOrder() {
      return outOfOrder
    },
    missing: (ids) => [...ids].filter((id) => !seen.has(id)),
    latestOf: (clientId, kafkaTopic) => latest.get(`${kafkaTopic} ${clientId}`),
  }
}

/** A record for people: where it is, whose, and its payload decoded. */
export function pretty({ place, key, value }: Arrival): string {
  const record = readBridge(value)
  if (record === undefined) return `${place}  ${value.subarray(0, 200)}`
  return `${place}  key ${key}  ${record.topic}  ${Buffer.from(record.payload, 'base64')}`
}

function sequenceOf(record: BridgeRecord): number | undefined {
  const payload = parse(Buffer.from(record.payload, 'base64')) as { sequence?: unknown } | undefined
  return typeof payload?.sequence === 'number' ? payload.sequence : undefined
}

function readBridge(value: Buffer): BridgeRecord | undefined {
  const record = parse(value) as Partial<BridgeRecord> | undefined
  return typeof record?.payload === 'string' && typeof record.ts === 'number'
    ? (record as BridgeRecord)
    : undefined
}

function parse(json: Buffer): unknown {
  try {
    return JSON.parse(String(json))
  } catch {
    return undefined
  }
}
