import type { RequestBudgetConfig } from './request-budget.ts'

/** What of the configuration decides how much memory is held. */
export interface MemoryKeys {
  /** `queue.max_bytes` */
  readonly queueMaxBytes: number
  /** `grpc.max_receive_bytes` */
  readonly maxReceiveBytes: number
  /** Whether the queue has a disk: as much as the queue holds may be on its way there. */
  readonly hasDisk?: boolean
}

const MIB = 1024 * 1024

/** Large requests that wait for their turn, or were refused and are not read to their end: each holds a stream's window. */
export const MAX_UNREAD = 1024
/** Streams on all connections that have not sent a whole call, or do not take their answer. */
export const MOST_IDLE_STREAMS = 24_576
const SMALL_BYTES = 16 * MIB

/**
 * The budget of a queue of so many bytes: the queue, as much for those who wait for room in it, and one request of the
 * largest size, so that a full queue still lets every request come through, one after another. What the queue and its
 * waiters do not use, more requests may.
 */
export const requestBudgetFor = ({ queueMaxBytes, maxReceiveBytes }: MemoryKeys): RequestBudgetConfig => ({
  maxBytes: 2 * queueMaxBytes + maxReceiveBytes,
  maxLargeBytes: queueMaxBytes + maxReceiveBytes,
  smallBytes: SMALL_BYTES,
  maxWaiting: MAX_UNREAD,
})

/** What the process takes besides: itself, unread streams (64 MiB), small requests (16 MiB), garbage not collected yet. */
const REST_BYTES = 512 * MIB

/**
 * The most memory that the process takes (RSS), whatever comes, but for some 12 KiB of each call in flight, of which there are
 * `queue.max_waiters` and MOST_IDLE_STREAMS at most: the queue, the calls that wait for room in it and the requests that become its records, each as much; the largest request and its record.
 * Source: measured, `test/app/memory.test.ts`.
 */
export const largestRssBytes = ({ queueMaxBytes, maxReceiveBytes, hasDisk = false }: MemoryKeys): number =>
  REST_BYTES + (hasDisk ? 4 : 3) * queueMaxBytes + 2 * maxReceiveBytes
