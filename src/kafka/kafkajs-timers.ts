import { createRequire } from 'node:module'

interface RequestQueue {
  readonly pending: readonly unknown[]
}

interface RequestQueueClass {
  readonly prototype: { scheduleCheckPendingRequests(this: RequestQueue): void }
}

let cured = false

/**
 * Cures kafkajs 2.2.4's busy timer, once a process. After each answer it schedules the next look at its pending
 * requests at `throttledUntil - now`, which is negative unless the broker throttles; Node turns that into 1 ms, the
 * look schedules itself again, and so every connection wakes the process a thousand times a second for nothing
 * (tulios/kafkajs#1751). With nothing pending there is nothing to look at: `push` schedules a look itself whenever it
 * cannot send at once.
 */
export function cureKafkaJsTimers(): void {
  if (cured) return
  cured = true
  const queueClass = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as RequestQueueClass
  const schedule = queueClass.prototype.scheduleCheckPendingRequests
  queueClass.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this)
  }
}
