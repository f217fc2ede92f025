import type { AdoptedLog } from './adopted-log.ts'
import type { DiskLog, LoggedRecord, RecoveredLane, Recovery } from './disk-log.ts'

/**
 * One log of several: those adopted, in order, then the own one. Only the own one is appended to; of an adopted one its records are
 * below 1, so that numbers grow in the order in which all are to be sent, and each tells whose it is.
 */
export function withAdopted(own: DiskLog, adopted: readonly AdoptedLog[]): DiskLog {
  if (adopted.length === 0) return own
  /** What is taken off a log's numbers; growing numbers have shrinking shifts. */
  let shifts: readonly number[] = []
  let opened: Promise<readonly (Recovery | null)[]> | undefined
  const sum = (of: (log: AdoptedLog) => number): number => adopted.reduce((all, log) => all + of(log), 0)

  /** Once: the own one may have to be tried for longer. */
  async function openAdopted(): Promise<readonly (Recovery | null)[]> {
    const found: (Recovery | null)[] = []
    for (const log of adopted) found.push(await log.open())
    let shift = 0
    shifts = adopted
      .toReversed()
      .map(({ lastSeq }) => {
        const mine = shift + lastSeq + 1
        shift += lastSeq
        return mine
      })
      .reverse()
    return found
  }

  /** The adopted log that a number below 1 is of. */
  const placeOf = (seq: number): number =>
    adopted.findIndex(({ lastSeq }, i) => {
      const inLog = seq + (shifts[i] ?? 0)
      return inLog >= 1 && inLog <= lastSeq
    })

  return {
    ...own,
    get state() {
      return own.state
    },
    get accepts() {
      return own.accepts
    },
    get fileBytes() {
      return own.fileBytes + sum(({ fileBytes }) => fileBytes)
    },
    get spentBytes() {
      return own.spentBytes + sum(({ spentBytes }) => spentBytes)
    },
    get unsyncedBytes() {
      return own.unsyncedBytes
    },
    get damagedFiles() {
      return own.damagedFiles + sum(({ damagedFiles }) => damagedFiles)
    },
    get lastSeq() {
      return own.lastSeq
    },
    get storedSeq() {
      return own.storedSeq
    },
    async open() {
      const recovery = await own.open()
      opened ??= openAdopted()
      return (await opened).reduce<Recovery>((all, one) => (one === null ? all : merged(all, one)), recovery)
    },
    done(records) {
      const ours = records.filter(({ seq }) => seq > 0)
      if (ours.length > 0) own.done(ours)
      if (ours.length === records.length) return
      const byLog = new Map<number, LoggedRecord[]>()
      for (const { seq, topic, bytes } of records) {
        const place = seq < 0 ? placeOf(seq) : -1
        if (place === -1) continue
        const record = { seq: seq + (shifts[place] ?? 0), topic, bytes }
        const its = byLog.get(place)
        if (its === undefined) byLog.set(place, [record])
        else its.push(record)
      }
      for (const [place, its] of byLog) adopted[place]?.done(its)
    },
    async read(topic, afterSeq, maxRecords, maxBytes) {
      for (const [i, log] of adopted.entries()) {
        const shift = shifts[i] ?? 0
        const after = afterSeq + shift
        if (!log.isOpen || after >= log.lastSeq) continue
        const records = await log.read(topic, Math.max(0, after), maxRecords, maxBytes)
        for (const record of records) record.seq -= shift
        if (records.length > 0) return records
      }
      return own.read(topic, Math.max(0, afterSeq), maxRecords, maxBytes)
    },
    async flush() {
      await Promise.all([own.flush(), ...adopted.filter((log) => log.isOpen).map((log) => log.flush())])
    },
    async close() {
      await Promise.all([own.close(), ...adopted.map((log) => log.close())])
    },
  }
}

function merged(a: Recovery, b: Recovery): Recovery {
  const lanes = new Map<string, RecoveredLane>()
  for (const { topic, records, bytes } of [...a.lanes, ...b.lanes]) {
    const so = lanes.get(topic)
    lanes.set(topic, { topic, records: records + (so?.records ?? 0), bytes: bytes + (so?.bytes ?? 0) })
  }
  return {
    lanes: [...lanes.values()],
    records: a.records + b.records,
    tornBytes: a.tornBytes + b.tornBytes,
    damagedFiles: [...a.damagedFiles, ...b.damagedFiles],
    unreadableRecords: a.unreadableRecords + b.unreadableRecords,
  }
}
