import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDenseSeqs, createSparseSeqs } from '../../src/disk/live-seqs.ts'

describe.each([
  ['dense', createDenseSeqs],
  ['sparse', createSparseSeqs],
])('%s numbers', (_, create) => {
  test('are a set', () => {
    fc.assert(
      fc.property(
        fc.nat(1_000_000),
        fc.uniqueArray(fc.nat(20_000), { maxLength: 400, size: 'max' }),
        fc.array(fc.nat(20_000), { maxLength: 100 }),
        fc.array(fc.tuple(fc.nat(20_000), fc.nat(3_000)), { maxLength: 3 }),
        fc.boolean(),
        (base, added, deleted, ranges, isSealed) => {
          let seqs = create(base)
          const model = new Set<number>()
          for (const offset of added.sort((a, b) => a - b)) {
            seqs.add(base + offset)
            model.add(base + offset)
          }
          const [early, late] = [deleted.slice(0, 50), deleted.slice(50)]
          for (const offset of early) expect(seqs.delete(base + offset)).toBe(model.delete(base + offset))
          if (isSealed) seqs = seqs.seal()
          for (const offset of late) expect(seqs.delete(base + offset)).toBe(model.delete(base + offset))
          for (const [from, more] of ranges) {
            const gone = [...model].filter((seq) => seq >= base + from && seq <= base + from + more)
            expect(seqs.deleteRange(base + from, base + from + more)).toBe(gone.length)
            for (const seq of gone) model.delete(seq)
          }
          for (let offset = -2; offset < 20_010; offset += 1) {
            if (seqs.has(base + offset) !== model.has(base + offset)) expect(offset).toBe('as in the model')
          }
          for (const offset of added) expect(seqs.mayHold(base + offset, base + offset)).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })
})
