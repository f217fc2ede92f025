import { describe, expect, it } from 'vitest'
import type { KafkaFailure } from '../../src/kafka/kafka-driver.ts'
import { LATER } from '../support/pretend-kafka.ts'
import { numbered } from '../support/records.ts'
import { createLine, type Line } from './bench.ts'

const FORBIDDEN: KafkaFailure = { kind: 'topic', code: 'TOPIC_AUTHORIZATION_FAILED', message: 'no' }

/** Fails the next send. */
function failOnce(l: Line, failure: KafkaFailure): void {
  l.kafka.fault = () => {
    l.kafka.fault = () => null
    return failure
  }
}

const aboutLane = ({ lines }: Line) => lines.filter(({ topic }) => topic === 'a')

describe('the log of a lane', () => {
  it('tells of Kafka that asks to try again, not of a mixed batch that is halved', async () => {
    const l = createLine({}, { pauseMs: 5 })
    failOnce(l, { ...LATER, code: 'MESSAGE_TOO_LARGE' })
    l.offer(numbered('a', 3, 1))
    await l.empty()
    expect(aboutLane(l)).toEqual([])
    failOnce(l, LATER)
    l.offer(numbered('a', 3, 1))
    await l.empty()
    await expect
      .poll(() => aboutLane(l).map(({ msg }) => msg))
      .toEqual(['Kafka asks to try again later', 'the lane delivers again'])
  })

  it.each([
    [{ whoWeAre: 'the user of kafka.sasl.username' }, 'the user of kafka.sasl.username'],
    [{}, 'whom Kafka takes us for without a login'],
  ])('says whom to grant what (%o)', async (config, whom) => {
    const l = createLine(config, { pauseMs: 5 })
    failOnce(l, FORBIDDEN)
    l.offer(numbered('a', 1, 1))
    await l.empty()
    expect(aboutLane(l)[0]?.fix).toBe(`grant Describe and Write on the topic to ${whom}`)
  })
})
