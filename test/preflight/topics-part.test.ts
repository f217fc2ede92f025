import { describe, expect, it } from 'vitest'
import type { LaneState } from '../../src/delivery/lane-loop.ts'
import type { PreflightState } from '../../src/preflight/preflight.ts'
import { topicsPart } from '../../src/preflight/topics-part.ts'
import { AWAY, NO_TOPIC } from '../support/pretend-kafka.ts'

const problem = (short: string) => ({ kind: 'missing', short, text: '', fix: '', details: {} }) as const
const found = (topic: string, short?: string): PreflightState['topics'][number] => ({
  topic,
  partitions: 1,
  ready: short === undefined,
  maxMessageBytes: null,
  problem: short === undefined ? null : problem(short),
})
const looked = (...topics: PreflightState['topics']): PreflightState => ({
  looked: true,
  failure: null,
  topics,
})
const refused = (topic: string): LaneState => ({ topic, state: 'quarantined', failure: NO_TOPIC })

describe('the part `topics` of readiness', () => {
  it('is not ok before somebody has looked', () => {
    const never: PreflightState = { looked: false, failure: null, topics: [] }
    expect(topicsPart([], never)).toEqual({ name: 'topics', ok: false, detail: 'not looked at yet' })
  })

  it('holds nothing against the topics when the look came to nothing', () => {
    const failed: PreflightState = { looked: false, failure: AWAY, topics: [] }
    expect(topicsPart([], failed)).toMatchObject({ ok: true, detail: expect.stringContaining(AWAY.code) })
    expect(topicsPart([refused('a')], failed)).toMatchObject({ ok: false })
    expect(topicsPart([], { ...looked(found('a', 'does not exist')), failure: AWAY })).toMatchObject({
      ok: false,
    })
  })

  it('is ok when all can be written', () => {
    expect(topicsPart([], looked(found('a'), found('b')))).toMatchObject({
      ok: true,
      detail: '2 can be written',
    })
  })

  it('names what the lanes and the preflight know, each topic once', () => {
    const { ok, detail } = topicsPart(
      [refused('a')],
      looked(found('a', 'does not exist'), found('b', 'may not be written'), found('c')),
    )
    expect(ok).toBe(false)
    expect(detail).toBe('"a" is refused: UNKNOWN_TOPIC_OR_PARTITION, "b" may not be written')
  })

  it('stays short when everything is wrong', () => {
    const many = Array.from({ length: 50 }, (_, i) => found(`topic-${i}`, 'does not exist'))
    const { detail } = topicsPart([], looked(...many))
    expect(detail.match(/does not exist/g)).toHaveLength(20)
    expect(detail).toMatch(/, and 30 more$/)
  })
})
