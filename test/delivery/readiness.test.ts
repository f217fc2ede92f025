import { describe, expect, it } from 'vitest'
import { readinessNow } from '../../src/readiness.ts'
import { NO_TOPIC } from '../support/pretend-kafka.ts'
import { numbered } from '../support/records.ts'
import { createLine, type Line } from './bench.ts'

const partOf = ({ queue, delivery }: Line) =>
  readinessNow({
    ...{ queue, delivery, disk: null, draining: false },
    preflight: {
      current: { looked: true, failure: null, topics: [] },
      run() {},
      nudge() {},
      async stop() {},
    },
    rules: { rules: 1, loadedAtMs: 0, mistakes: [], results: { ok: 0, mistake: 0, unchanged: 0 } },
    emqx: { nodes: [], fix: '', trouble: null },
  }).parts.find(({ name }) => name === 'topics')

describe('the part `topics` of readiness', () => {
  it('holds a refused topic against us while records wait for it, and no longer', async () => {
    const l = createLine({ deadLetterTopic: 'dead', topicErrorTtlMs: 200 }, { pauseMs: 10 })
    l.kafka.fault = ({ topic }) => (topic === 'bad' ? NO_TOPIC : null)
    l.offer(numbered('bad', 3, 1))
    await expect.poll(() => partOf(l)?.ok).toBe(false)
    expect(partOf(l)?.detail).toContain('"bad" is refused')
    await l.empty()
    expect(l.delivery.lanes()).toContainEqual({ topic: 'bad', state: 'quarantined', failure: NO_TOPIC })
    expect(partOf(l)?.ok).toBe(true)
  })
})
