import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createProducerSequences } from '../../src/kafka/producer-sequences.ts'

const part = (length: number) => ({ records: { length } })

describe('the numbers of a producer', () => {
  it('stay with a part until it is delivered, and go on after it', () => {
    const numbers = createProducerSequences()
    const [one, two] = [part(3), part(2)]
    expect(numbers.first('t:0', one)).toBe(0)
    numbers.doubtful('t:0', one)
    expect(numbers.first('t:0', one)).toBe(0)
    numbers.delivered('t:0', one)
    expect(numbers.first('t:0', two)).toBe(3)
    numbers.delivered('t:0', two)
    expect(numbers.first('t:0', part(1))).toBe(5)
  })

  it('are each partition’s own', () => {
    const numbers = createProducerSequences()
    expect(numbers.first('t:0', part(3))).toBe(0)
    expect(numbers.first('t:1', part(3))).toBe(0)
  })

  it('are free again when nothing of the part is in Kafka', () => {
    const numbers = createProducerSequences()
    const [before, refused] = [part(4), part(9)]
    numbers.first('t:0', before)
    numbers.delivered('t:0', before)
    expect(numbers.first('t:0', refused)).toBe(4)
    numbers.withdrawn('t:0', refused)
    expect(numbers.first('t:0', part(1))).toBe(4)
  })

  it('are taken over from a part that was given up and never sent', () => {
    const numbers = createProducerSequences()
    numbers.first('t:0', part(7))
    expect(numbers.first('t:0', part(2))).toBe(0)
  })

  it('are none where a part was given up that may be in Kafka', () => {
    const numbers = createProducerSequences()
    const lost = part(7)
    numbers.first('t:0', lost)
    numbers.doubtful('t:0', lost)
    expect(numbers.first('t:0', part(2))).toBeNull()
  })

  it('begin at 0 again after 2^31 - 1, as Kafka counts', () => {
    const numbers = createProducerSequences(0x7fff_fffe)
    const [last, next] = [part(3), part(1)]
    expect(numbers.first('t:0', last)).toBe(0x7fff_fffe)
    numbers.delivered('t:0', last)
    expect(numbers.first('t:0', next)).toBe(1)
  })

  it('make one unbroken row of what was delivered, whatever fails between', () => {
    const step = fc.record({
      count: fc.integer({ min: 1, max: 5 }),
      ends: fc.array(fc.constantFrom('doubtful', 'refused'), { maxLength: 3 }),
      delivered: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const numbers = createProducerSequences()
        let expected = 0
        for (const { count, ends, delivered } of steps) {
          const sent = part(count)
          for (const end of ends) {
            expect(numbers.first('t:0', sent)).toBe(expected)
            if (end === 'doubtful') numbers.doubtful('t:0', sent)
          }
          expect(numbers.first('t:0', sent)).toBe(expected)
          if (delivered) {
            numbers.delivered('t:0', sent)
            expected += count
          } else {
            numbers.withdrawn('t:0', sent)
          }
        }
      }),
    )
  })
})
