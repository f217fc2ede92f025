import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { balances, createLedger } from '../../src/telemetry/ledger.ts'

describe('the ledger', () => {
  it('balances after any history in which each record has one fate', () => {
    const step = fc.constantFrom('matched', 'unmatched', 'refused', 'taken', 'delivered', 'dropped')
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let queued = 0
        const ledger = createLedger({ queuedRecords: () => queued })
        for (const s of steps) {
          if (s === 'matched') ledger.callMatched()
          else if (s === 'unmatched') ledger.callUnmatched()
          else if (s === 'refused') ledger.callRefused('malformed')
          else if (s === 'taken') {
            ledger.recordsTaken(3)
            queued += 3
          } else if (queued > 0) {
            queued--
            if (s === 'delivered') ledger.recordsDelivered(1)
            else ledger.recordsDropped(1, 'record_too_large')
          }
          expect(balances(ledger.snapshot())).toBe(true)
        }
      }),
    )
  })

  it('shows a record that vanished', () => {
    const ledger = createLedger({ queuedRecords: () => 0 })
    ledger.recordsTaken(1)
    expect(balances(ledger.snapshot())).toBe(false)
  })

  it('gives snapshots that do not change afterwards', () => {
    const ledger = createLedger({ queuedRecords: () => 0 })
    const before = ledger.snapshot()
    ledger.callRefused('overloaded')
    ledger.recordsDropped(1, 'queue_full')
    expect(before).toMatchObject({ calls: 0, refused: { overloaded: 0 }, dropped: { queue_full: 0 } })
  })
})
