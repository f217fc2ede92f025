import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRequestBudget, type Place, type RequestBudget } from '../../src/exhook/request-budget.ts'

const CONFIG = { maxBytes: 1000, maxLargeBytes: 600, smallBytes: 100, maxWaiting: 5 }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

function bench(config: Partial<typeof CONFIG> = {}) {
  const queue = { held: 0 }
  const budget = createRequestBudget({ ...CONFIG, ...config }, { held: () => queue.held })
  const told: string[] = []
  const ask = (name: string, bytes: number, waitMs = 1000): Place | null => {
    const place = budget.ask(bytes, waitMs, (admitted) => told.push(`${name} ${admitted ? 'in' : 'out'}`))
    return place
  }
  return { queue, budget, told, ask }
}

describe('small requests', () => {
  it('are admitted at once or not at all', () => {
    const { budget, queue } = bench()
    queue.held = 1000
    expect(budget.take(60)).toBe(true)
    expect(budget.take(60)).toBe(false)
    budget.give(60)
    expect(budget.take(60)).toBe(true)
    expect(budget.bytes).toBe(60)
  })

  it('may take more while nobody else does', () => {
    const { budget } = bench()
    expect(budget.take(1000)).toBe(true)
    expect(budget.take(1)).toBe(false)
  })

  it('stand behind no large one, neither a line of them nor a full queue', () => {
    const { budget, queue, ask } = bench()
    ask('a', 600)
    ask('b', 600)
    queue.held = 1000
    expect(budget.take(100)).toBe(true)
  })
})

describe('large requests', () => {
  it('are admitted while they fit, and wait in order from then on', () => {
    const { budget, told, ask } = bench()
    const a = ask('a', 400)
    const b = ask('b', 300)
    const c = ask('c', 100)
    expect([a?.admitted, b?.admitted, c?.admitted]).toEqual([true, false, false])
    // c would fit, and does not overtake b.
    expect(told).toEqual([])
    a?.leave()
    expect(told).toEqual(['b in', 'c in'])
    expect(budget).toMatchObject({ bytes: 400, waiting: 0 })
  })

  it('have what queue and waiters leave of the budget, and see soon that these hold less', () => {
    const { queue, told, ask } = bench()
    queue.held = 700
    ask('a', 200)
    ask('b', 200)
    expect(told).toEqual([])
    queue.held = 600
    vi.advanceTimersByTime(20)
    expect(told).toEqual(['b in'])
  })

  it('come through one by one, however much the queue holds', () => {
    const { queue, told, ask } = bench()
    queue.held = 5000
    const a = ask('a', 600)
    expect(a?.admitted).toBe(true)
    const b = ask('b', 900)
    vi.advanceTimersByTime(500)
    expect(told).toEqual([])
    a?.leave()
    expect(told).toEqual(['b in'])
    b?.leave()
  })

  it('are told when their time is up, and hold up nobody behind them', () => {
    const { budget, queue, told, ask } = bench()
    queue.held = 700
    ask('a', 100)
    ask('b', 500, 300)
    ask('c', 100, 500)
    vi.advanceTimersByTime(299)
    expect(told).toEqual([])
    vi.advanceTimersByTime(1)
    expect(told).toContain('b out')
    expect(told).toContain('c in')
    expect(budget).toMatchObject({ bytes: 200, waiting: 0 })
  })

  it('wait only so many, and only while there is time', () => {
    const { ask } = bench({ maxWaiting: 1 })
    ask('a', 600)
    expect(ask('no time', 600, 0)).toBeNull()
    expect(ask('no time', 600, -5)).toBeNull()
    expect(ask('b', 600)).not.toBeNull()
    expect(ask('c', 600)).toBeNull()
  })

  it('leave the line at once, and nothing more is decided', () => {
    const { budget, told, ask } = bench()
    const a = ask('a', 600)
    const b = ask('b', 600)
    const c = ask('c', 300)
    b?.leave()
    b?.leave()
    expect(budget.waiting).toBe(1)
    a?.leave()
    a?.leave()
    expect(told).toEqual(['c in'])
    vi.advanceTimersByTime(5000)
    expect(told).toEqual(['c in'])
    c?.leave()
    expect(budget.bytes).toBe(0)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('whatever comes', () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant('ask' as const),
      bytes: fc.integer({ min: 1, max: 600 }),
      waitMs: fc.nat(200),
    }),
    fc.record({ do: fc.constant('take' as const), bytes: fc.integer({ min: 1, max: 80 }) }),
    fc.record({ do: fc.constant('leave' as const), which: fc.nat(20) }),
    fc.record({ do: fc.constant('held' as const), bytes: fc.nat(400) }),
    fc.record({ do: fc.constant('time' as const), ms: fc.nat(100) }),
  )

  interface Asked {
    readonly order: number
    readonly bytes: number
    place: Place
    state: 'waiting' | 'in' | 'out' | 'left'
  }

  it('no bound is passed, order is kept, each is told once, and all is given back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { budget, queue } = bench()
        const asked: Asked[] = []
        let small = 0
        for (const [order, now] of steps.entries()) {
          const before = sumIn(asked)
          if (now.do === 'ask') {
            const entry: Asked = { order, bytes: now.bytes, state: 'waiting', place: NOWHERE }
            const place = budget.ask(now.bytes, now.waitMs, (admitted) => {
              expect(entry.state).toBe('waiting')
              entry.state = admitted ? 'in' : 'out'
            })
            if (place !== null) {
              asked.push(entry)
              entry.place = place
              if (place.admitted) entry.state = 'in'
            }
          } else if (now.do === 'take') {
            const held = budget.bytes + queue.held
            const taken = budget.take(now.bytes)
            expect(taken).toBe(small + now.bytes <= 100 || held + now.bytes <= 1000)
            if (taken) small += now.bytes
          } else if (now.do === 'leave') {
            const entry = asked[now.which % Math.max(1, asked.length)]
            entry?.place.leave()
            if (entry?.state === 'waiting' || entry?.state === 'in') entry.state = 'left'
          } else if (now.do === 'held') {
            queue.held = now.bytes
          } else {
            vi.advanceTimersByTime(now.ms)
          }
          const large = sumIn(asked)
          expect(budget.bytes).toBe(small + large)
          expect(budget.waiting).toBe(asked.filter(({ state }) => state === 'waiting').length)
          expect(budget.waiting).toBeLessThanOrEqual(CONFIG.maxWaiting)
          expect(large).toBeLessThanOrEqual(CONFIG.maxLargeBytes)
          if (large > before && asked.filter(({ state }) => state === 'in').length > 1)
            expect(small + large + queue.held).toBeLessThanOrEqual(CONFIG.maxBytes)
          const firstWaiting = asked.find(({ state }) => state === 'waiting')?.order ?? Infinity
          const lastIn = asked.findLast(({ state }) => state === 'in')?.order ?? -1
          expect(lastIn).toBeLessThan(firstWaiting)
        }
        settleAll(budget, queue, asked, small)
      }),
      { numRuns: 500 },
    )
  })

  const NOWHERE: Place = { admitted: false, leave() {} }
  const sumIn = (asked: readonly Asked[]): number =>
    asked.reduce((sum, { state, bytes }) => sum + (state === 'in' ? bytes : 0), 0)

  function settleAll(budget: RequestBudget, queue: { held: number }, asked: readonly Asked[], small: number) {
    queue.held = 0
    if (small > 0) budget.give(small)
    vi.advanceTimersByTime(1000)
    for (const { place } of asked) place.leave()
    expect(budget).toMatchObject({ bytes: 0, waiting: 0 })
    vi.advanceTimersByTime(1000)
    expect(vi.getTimerCount()).toBe(0)
  }
})
