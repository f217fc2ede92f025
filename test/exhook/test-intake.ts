import type { OfferOptions, OfferOutcome, RecordIntake } from '../../src/queue/record-queue.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'

/** An intake whose outcomes the test decides, and that keeps what was offered. */
export interface TestIntake extends RecordIntake {
  readonly records: KafkaRecord[]
  readonly options: OfferOptions[]
  /** The outcome of the offers to come; `held` ones wait for `release`. */
  next: OfferOutcome | 'held' | 'throws'
  /** How many offers are held. */
  readonly held: number
  release(outcome: OfferOutcome): void
}

export function createTestIntake(): TestIntake {
  const held: ((outcome: OfferOutcome) => void)[] = []
  return {
    records: [],
    options: [],
    next: 'queued',
    get held() {
      return held.length
    },
    offer(records, options, done) {
      this.records.push(...records)
      this.options.push(options)
      if (this.next === 'throws') throw new TypeError('the payload is "s3cret"')
      if (this.next === 'held') held.push(done)
      else done(this.next)
    },
    release(outcome) {
      for (const done of held.splice(0)) done(outcome)
    },
  }
}
