import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createDynamicTable, sizeOf } from '../../../src/http2/hpack/dynamic-table.ts'

const text = fc.string({ maxLength: 60 })
const step = fc.oneof(
  fc.record({ add: fc.tuple(text, text) }),
  fc.record({ resize: fc.integer({ min: 0, max: 1000 }) }),
)

it('is a list that keeps the newest entries within its size', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = createDynamicTable(500)
      let model: [string, string][] = []
      let most = 500
      for (const next of steps) {
        if ('add' in next) {
          table.add(...next.add)
          model.unshift(next.add)
        } else {
          table.resize(next.resize)
          most = next.resize
        }
        const bytes = () => model.reduce((sum, entry) => sum + sizeOf(...entry), 0)
        while (bytes() > most) model = model.slice(0, -1)
        expect(table.length).toBe(model.length)
        expect(model.map((_, place) => [table.name(place), table.value(place)])).toEqual(model)
        expect(table.name(model.length)).toBeUndefined()
      }
    }),
  )
})
