import type { KafkaRecord } from '../rules/kafka-record.ts'

/** Where the log is kept and how. */
export interface DiskLogConfig {
  /** Its directory; created when it is not there. One process at a time. */
  readonly path: string
  /** All its files together take at most this many bytes, but for a record or two. */
  readonly maxBytes: number
  /** Whatever was appended is on disk this long after, in ms, plus the time of one fdatasync. */
  readonly syncMs: number
  /** …or sooner: as soon as so many bytes wait. */
  readonly syncBytes: number
  /** A file is closed and the next one begun at this many bytes; by default 1/32 of `maxBytes`, from 1 to 32 MiB. */
  readonly segmentBytes?: number
  /** What failed is tried again after so many ms; by default 1,000. */
  readonly retryMs?: number
}

/** What the log has to be told of a record that is done: it keeps but a bit of each in memory. */
export type LoggedRecord = Pick<KafkaRecord, 'seq' | 'topic' | 'bytes'>

/**
 * How the log is:
 * `closed` not open, or open no more: nothing was tried yet, or all is in order and over;
 * `ok` what is appended reaches the disk;
 * `unusable` it cannot be opened: another process has it, the directory is read-only, a file is of another version;
 * `full` the disk has no space left; `failing` the disk does not take or does not give what it should.
 * In the last two what was appended is kept in memory and tried again each second.
 */
export const DISK_STATES = ['closed', 'ok', 'unusable', 'full', 'failing'] as const
export type DiskStateName = (typeof DISK_STATES)[number]

export interface DiskState {
  readonly name: DiskStateName
  /** For people: what is wrong, where, and what mends it. */
  readonly detail: string
  readonly sinceMs: number
}

/** What an earlier life left of one Kafka topic. */
export interface RecoveredLane {
  readonly topic: string
  readonly records: number
  /** As `recordBytes` counts them. */
  readonly bytes: number
}

export interface Recovery {
  readonly lanes: readonly RecoveredLane[]
  /** The sum over all lanes. */
  readonly records: number
  /** The unfinished end of the last file, cut off: what was being written when the process died. */
  readonly tornBytes: number
  /** Files of which not everything could be read; each is kept as a copy for the operator. */
  readonly damagedFiles: readonly string[]
  /** Records that those files held and that could not be read: no more than so many. */
  readonly unreadableRecords: number
}

/**
 * A durable log of records, in append-only segments with a checksum a frame. Each record that it takes gets a number
 * (`record.seq`), growing in the order of appending, over restarts too. A record is in the log until it is told to be
 * done; what is not done when the process ends, or dies, is found again by the next `open`.
 * Appending and telling what is done cost no system call: the log writes and syncs by itself, off the event loop.
 */
export interface DiskLog {
  readonly state: DiskState
  /** Whether a record that is appended now reaches the disk: `state` is `ok`. */
  readonly accepts: boolean
  /** The most bytes of records, as `recordBytes` counts them, that it has room for: less than `maxBytes`. */
  readonly capacity: number
  /** Bytes of all its files. */
  readonly fileBytes: number
  /** Of these, what is spent and not given back yet. */
  readonly spentBytes: number
  /** Bytes appended and not on disk yet. */
  readonly unsyncedBytes: number
  /** Files of which not everything could be read, since `open`. */
  readonly damagedFiles: number
  /** The number of the last record that was appended, in this life or an earlier one; 0: none. */
  readonly lastSeq: number
  /** Records up to this number are on disk; 0: none. */
  readonly storedSeq: number
  /**
   * Takes the directory and reads through what is there. Rejects with a `DiskError` for the operator when the log
   * cannot be used, and `state` is `unusable`; may then be tried again. Memory stays flat whatever is in it.
   */
  open(): Promise<Recovery>
  /**
   * Appends the records of one event: after a crash all of them are there, or none. Sets their `seq`. Only while
   * `accepts`. Never throws.
   */
  append(records: readonly KafkaRecord[]): void
  /** These records (those with a `seq`) need not be found again. Never throws; a crash soon after may forget it. */
  done(records: readonly LoggedRecord[]): void
  /**
   * The next records of a Kafka topic with a number above `afterSeq` that are not done, in order: at least one when
   * there is any, up to `maxRecords` and `maxBytes` (of `recordBytes`). What was appended can be read at once. Records
   * that can no longer be read are stepped over and given to `onUnreadable`. Rejects with a `DiskError` when the disk
   * does not give them now; may then be tried again. One call for each topic at a time.
   */
  read(topic: string, afterSeq: number, maxRecords: number, maxBytes: number): Promise<readonly KafkaRecord[]>
  /** Resolves when everything appended before is on disk; rejects when that fails. */
  flush(): Promise<void>
  /** Writes and syncs what it can, and lets go of the directory. Never rejects. Safe twice and without `open`. */
  close(): Promise<void>
  /** As `close`; and where no record is left in it, the log's files go before anybody else can take the directory. */
  closeAndRemove(): Promise<void>
}

export interface DiskLogDeps {
  /** The numbers up to this one are on disk now. */
  readonly onStored: (seq: number) => void
  /** The state is another one. */
  readonly onState: (state: DiskState) => void
  /** So many records of this Kafka topic were in the log, not done, and cannot be read any more: they are lost. */
  readonly onUnreadable: (topic: string, records: number, bytes: number) => void
}

/** Why the log cannot be used; the message is for the operator and names the place and what mends it. */
export class DiskError extends Error {
  override readonly name = 'DiskError'
}
