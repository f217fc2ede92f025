import { describe, expect, it } from 'vitest'
import { deliver } from '../../src/cli/deliver.ts'
import { createPretendKafka, LATER, NO_TOPIC, TOO_LARGE } from '../support/pretend-kafka.ts'
import { numbered } from '../support/records.ts'

const options = () => ({ signal: AbortSignal.timeout(5_000), retryAfterMs: 1 })
const texts = (records: Iterable<{ readonly value: Buffer }>) =>
  [...records].map(({ value }) => String(value))

describe('deliver', () => {
  it('sends what fails in passing again, the very same batch', async () => {
    const kafka = createPretendKafka()
    kafka.fault = (_, send) => (send <= 3 ? LATER : null)
    const { delivered, failure } = await deliver(kafka, 't', numbered('t', 5, 2), options())
    expect(failure).toBeNull()
    expect(delivered.size).toBe(5)
    expect(new Set(kafka.sends).size).toBe(1)
  })

  it('gives up on it after some times, or when it is to end', async () => {
    const kafka = createPretendKafka()
    kafka.alive = false
    expect(await deliver(kafka, 't', numbered('t', 5, 2), options())).toMatchObject({
      failure: { kind: 'connection' },
    })
    expect(kafka.sends).toHaveLength(5)
    const aborted = { signal: AbortSignal.abort(), retryAfterMs: 60_000 }
    expect(await deliver(kafka, 't', numbered('t', 5, 2), aborted)).toMatchObject({
      failure: { kind: 'connection' },
    })
    expect(kafka.sends).toHaveLength(6)
  })

  it('lets all before a refused record go, in order, and none after it', async () => {
    const kafka = createPretendKafka()
    const isBad = ({ value }: { readonly value: Buffer }) => String(value) === '3'
    let hiccups = 2
    kafka.fault = ({ records }) => {
      if (records.some(isBad)) return TOO_LARGE
      return records.length === 1 && hiccups-- > 0 ? LATER : null
    }
    const { delivered, failure } = await deliver(kafka, 't', numbered('t', 6, 1), options())
    expect(failure).toEqual(TOO_LARGE)
    expect(texts(delivered)).toEqual(['0', '1', '2'])
    expect(texts(kafka.log)).toEqual(['0', '1', '2'])
  })

  it('ends at once where waiting does not help', async () => {
    const kafka = createPretendKafka()
    kafka.fault = () => NO_TOPIC
    const { delivered, failure } = await deliver(kafka, 't', numbered('t', 6, 1), options())
    expect({ size: delivered.size, failure }).toEqual({ size: 0, failure: NO_TOPIC })
    expect(kafka.sends).toHaveLength(1)
  })
})
