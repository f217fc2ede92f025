import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createPreflight, type Preflight, type PreflightConfig } from '../../src/preflight/preflight.ts'
import { createPretendInspector } from '../support/pretend-inspector.ts'
import { AWAY } from '../support/pretend-kafka.ts'
import { createLogRecorder } from '../support/quiet-log.ts'

const running: Preflight[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((preflight) => preflight.stop()))
})

interface Bench {
  readonly names?: string[]
  readonly config?: Partial<PreflightConfig>
  readonly pauseMs?: (looks: number) => number
}

/** A preflight of topics that can be written unless `inspector.topics` lacks them, and what it said and did. */
function bench({ names = ['a', 'b'], config = {}, pauseMs = () => 5 }: Bench = {}) {
  const inspector = createPretendInspector()
  const { log, lines } = createLogRecorder()
  const ready: string[] = []
  const preflight = createPreflight(
    { create: false, partitions: null, replication: null, config: null, compression: 'none', ...config },
    {
      inspector,
      log,
      needs: () => names.map((topic) => ({ topic, deadLetters: false, largestRecordBytes: 1000 })),
      onReady: (topic) => ready.push(topic),
      pauseMs,
    },
  )
  running.push(preflight)
  const add = (...topics: string[]) => {
    for (const topic of topics) inspector.topics.set(topic, {})
  }
  const said = () => lines.map(({ msg, topic }) => (topic === undefined ? msg : `${topic}: ${msg}`))
  return { inspector, preflight, lines, said, ready, add, names }
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(2)
}

describe('a preflight', () => {
  it('does nothing before it is asked to', async () => {
    const { preflight, inspector } = bench()
    await sleep(20)
    expect(inspector.looks).toEqual([])
    expect(preflight.current).toEqual({ looked: false, failure: null, topics: [] })
  })

  it('looks at all topics once, says one line and rests when all is well', async () => {
    const { preflight, inspector, lines, ready, add } = bench()
    add('a', 'b')
    preflight.run()
    await until(() => preflight.current.looked)
    await sleep(40)
    expect(inspector.looks).toEqual([['a', 'b']])
    expect(preflight.current.topics.map(({ topic, ready: is }) => [topic, is])).toEqual([
      ['a', true],
      ['b', true],
    ])
    expect(ready).toEqual(['a', 'b'])
    expect(lines).toMatchObject([
      { level: 30, msg: '2 topics are in order', topics: 2, inOrder: 2, partitions: 6, limitNotKnown: 0 },
    ])
  })

  it('says a problem once with its fix, looks again until it is gone, says that and rests', async () => {
    const { preflight, inspector, lines, said, ready, add } = bench()
    add('a')
    preflight.run()
    await until(() => inspector.looks.length > 4)
    expect(preflight.current.topics.map((one) => one.ready)).toEqual([true, false])
    expect(said()).toEqual(['b: the topic does not exist', '1 of 2 topics are in order'])
    expect(lines[0]).toMatchObject({
      level: 40,
      problem: 'missing',
      fix: expect.stringContaining('create it'),
    })
    expect(ready).toEqual(['a'])
    add('b')
    await until(() => ready.length === 2)
    const { length } = inspector.looks
    await sleep(30)
    expect(inspector.looks).toHaveLength(length)
    expect(said().slice(2)).toEqual(['b: the topic is in order now', '2 topics are in order'])
  })

  it('says what has become of a problem', async () => {
    const { preflight, inspector, said } = bench({ names: ['a'] })
    preflight.run()
    await until(() => preflight.current.looked)
    inspector.topics.set('a', { mayWrite: false })
    await until(() => preflight.current.topics[0]?.problem?.kind === 'not-writable')
    expect(said()).toContain('a: Kafka does not let us write to the topic')
    expect(said()).not.toContain('a: the topic is in order now')
  })

  it('does not look again for a limit that is too small, which it warns of', async () => {
    const { preflight, inspector, lines } = bench({ names: ['a'] })
    inspector.topics.set('a', { maxMessageBytes: 10 })
    preflight.run()
    await until(() => preflight.current.looked)
    await sleep(30)
    expect(inspector.looks).toHaveLength(1)
    expect(lines).toMatchObject([
      { level: 40, problem: 'limit', maxMessageBytes: 10 },
      { msg: '0 of 1 topics are in order' },
    ])
  })

  it('makes its pauses longer, and short again when it is asked to look', async () => {
    const looks: number[] = []
    const { preflight, inspector } = bench({ pauseMs: (count) => looks.push(count) && 5 })
    preflight.run()
    await until(() => inspector.looks.length > 3)
    expect(looks.slice(0, 3)).toEqual([1, 2, 3])
    const before = looks.length
    preflight.run()
    await until(() => looks.length > before + 1)
    expect(looks.slice(before).includes(1)).toBe(true)
  })

  it('takes a thousand bad topics with a few lines', async () => {
    const { preflight, lines } = bench({ names: Array.from({ length: 1000 }, (_, i) => `topic-${i}`) })
    preflight.run()
    await until(() => preflight.current.looked)
    expect(lines).toHaveLength(22)
    expect(lines[20]).toMatchObject({ more: 980 })
  })

  it('looks once more when it is asked to during a look, at the topics as they are then', async () => {
    const { preflight, inspector, add, names } = bench()
    add('a', 'b', 'c')
    inspector.answerAfterMs = 20
    preflight.run()
    names.push('c')
    preflight.run()
    preflight.run()
    await until(() => preflight.current.topics.length === 3)
    await sleep(40)
    expect(inspector.looks).toEqual([
      ['a', 'b'],
      ['a', 'b', 'c'],
    ])
  })

  it('looks at once when it is nudged while something is wrong, and otherwise not', async () => {
    const { preflight, inspector, add } = bench({ names: ['a'], pauseMs: () => 60_000 })
    preflight.nudge()
    await sleep(10)
    expect(inspector.looks).toHaveLength(0)
    preflight.run()
    await until(() => preflight.current.looked)
    add('a')
    preflight.nudge()
    await until(() => preflight.current.topics[0]?.ready === true)
    preflight.nudge()
    await sleep(10)
    expect(inspector.looks).toHaveLength(2)
  })

  it('goes on when nobody answers, and keeps what it knew', async () => {
    const { preflight, inspector, said, add } = bench()
    inspector.failure = { ...AWAY, kind: 'cluster', code: 'NO' }
    preflight.run()
    await until(() => inspector.looks.length > 3)
    expect(preflight.current).toMatchObject({ looked: false, failure: { code: 'NO' } })
    expect(said()).toEqual(['the topics could not be looked at: trying again'])
    add('a', 'b')
    inspector.failure = null
    await until(() => preflight.current.looked)
    expect(preflight.current.failure).toBeNull()
    expect(said().slice(1)).toEqual(['2 topics are in order'])
    inspector.failure = AWAY
    preflight.run()
    await until(() => preflight.current.failure !== null)
    expect(preflight.current.topics).toHaveLength(2)
  })

  it('is over at once when it is stopped, in a pause or in a look, and never begins again', async () => {
    const { preflight, inspector } = bench({ pauseMs: () => 60_000 })
    await preflight.stop()
    preflight.run()
    expect(inspector.looks).toEqual([])

    const pausing = bench({ pauseMs: () => 60_000 })
    pausing.preflight.run()
    await until(() => pausing.preflight.current.looked)
    await pausing.preflight.stop()
    await pausing.preflight.stop()

    const looking = bench({ config: { create: true } })
    looking.inspector.answerAfterMs = 20
    looking.preflight.run()
    await looking.preflight.stop()
    expect(looking.inspector.specs).toEqual([])
    expect(looking.preflight.current.looked).toBe(false)
    expect(looking.lines).toEqual([])
  })
})

describe('missing topics', () => {
  const create = { create: true, partitions: 6, replication: 2, config: ['retention.ms=1'] }

  it('are created as configured, only they, and are in order then', async () => {
    const { preflight, inspector, lines, said, ready, add } = bench({ config: create })
    add('a')
    preflight.run()
    await until(() => ready.includes('b'))
    const spec = { partitions: 6, replication: 2, config: ['retention.ms=1'] }
    expect(inspector.specs).toEqual([spec])
    expect(inspector.topics.get('a')).toEqual({})
    expect(said()).toEqual(['b: the topic was missing and has been created', '2 topics are in order'])
    expect(lines[0]).toMatchObject({ topic: 'b', ...spec })
  })

  it('are waited for until the brokers know them, and not called missing meanwhile', async () => {
    const { preflight, inspector, said } = bench({ names: ['a'], config: create })
    inspector.seenAfterLooks = 3
    preflight.run()
    await until(() => preflight.current.looked)
    expect(said()).toEqual(['a: the topic was missing and has been created', '1 topic is in order'])
    expect(inspector.specs).toHaveLength(1)
  })

  it('that cannot be created are told with the reason once, harm no other, and are tried again', async () => {
    const { preflight, inspector, lines, ready } = bench({ config: create })
    inspector.refusals.set('b', { kind: 'topic', code: 'TOPIC_AUTHORIZATION_FAILED', message: 'no' })
    preflight.run()
    await until(() => inspector.specs.length > 2)
    expect(ready).toEqual(['a'])
    const told = lines.filter(({ level }) => level === 40)
    expect(told).toMatchObject([
      { topic: 'b', problem: 'missing', code: 'TOPIC_AUTHORIZATION_FAILED', error: 'no' },
    ])
    inspector.refusals.clear()
    await until(() => ready.includes('b'))
  })

  it('are left to the next look when the answer to their creation is lost', async () => {
    const { preflight, inspector, ready } = bench({ names: ['a'], config: create })
    const { create: answer } = inspector
    inspector.create = async (topics, spec) => {
      inspector.create = answer
      await answer(topics, spec)
      return { created: [], refused: new Map(), failure: AWAY }
    }
    preflight.run()
    await until(() => ready.length > 0)
    expect(preflight.current.failure).toBeNull()
  })
})
