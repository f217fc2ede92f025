import type { KafkaRecord } from '../rules/kafka-record.ts'

/** How a wait for Kafka ended: all records acknowledged; one given up; or the time was up. */
export type AwaitEnd = 'delivered' | 'lost' | 'expired'

/** The hook calls that are answered only when Kafka has acknowledged their records. */
export interface Awaited {
  /** Calls that wait. */
  readonly length: number
  /** Whether a reply waits for this record. */
  has(record: KafkaRecord): boolean
  /** `end` is told which of the records have neither been acknowledged nor been given up. */
  add(
    records: readonly KafkaRecord[],
    waitMs: number,
    end: (how: AwaitEnd, open: readonly KafkaRecord[]) => void,
  ): void
  /** These records were acknowledged, or given up. */
  settled(records: readonly KafkaRecord[], how: 'delivered' | 'lost'): void
  /** Ends the waits that `which` picks as expired. */
  expire(which: (records: readonly KafkaRecord[]) => boolean): void
}

interface Call {
  readonly records: readonly KafkaRecord[]
  readonly end: (how: AwaitEnd, open: readonly KafkaRecord[]) => void
  readonly timer: NodeJS.Timeout
  open: readonly KafkaRecord[]
}

export function createAwaited(): Awaited {
  const calls = new Set<Call>()
  const byRecord = new Map<KafkaRecord, Call>()

  function finish(call: Call, how: AwaitEnd): void {
    if (!calls.delete(call)) return
    clearTimeout(call.timer)
    for (const record of call.records) byRecord.delete(record)
    call.end(how, call.open)
  }

  return {
    get length() {
      return calls.size
    },
    has: (record) => byRecord.has(record),
    add(records, waitMs, end) {
      const timer = setTimeout(() => finish(call, 'expired'), waitMs)
      const call: Call = { records, end, timer, open: records }
      calls.add(call)
      for (const record of records) byRecord.set(record, call)
    },
    settled(records, how) {
      if (calls.size === 0) return
      for (const record of records) {
        const call = byRecord.get(record)
        if (call === undefined) continue
        call.open = call.open.length === 1 ? [] : call.open.filter((other) => other !== record)
        if (how === 'lost' || call.open.length === 0) finish(call, how)
      }
    },
    expire(which) {
      for (const call of [...calls]) if (which(call.records)) finish(call, 'expired')
    },
  }
}
