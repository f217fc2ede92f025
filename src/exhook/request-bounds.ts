import type { RequestBudgetConfig } from './request-budget.ts'

const MIB = 1024 * 1024

/** Large requests that wait for their turn, or were refused and are not read to their end: each holds a stream's window. */
export const MAX_UNREAD = 1024
const SMALL_BYTES = 16 * MIB

/**
 * The budget of a queue of so many bytes: the queue, as much for those who wait for room in it, and one request of the
 * largest size, so that a full queue still lets every request come through, one after another. What the queue and its
 * waiters do not use, more requests may.
 */
export const requestBudgetFor = (queueMaxBytes: number, maxReceiveBytes: number): RequestBudgetConfig => ({
  maxBytes: 2 * queueMaxBytes + maxReceiveBytes,
  maxLargeBytes: queueMaxBytes + maxReceiveBytes,
  smallBytes: SMALL_BYTES,
  maxWaiting: MAX_UNREAD,
})
