import { Counter, Gauge, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { readinessOf } from '../../src/admin/readiness.ts'
import { balances, createLedger } from '../../src/telemetry/ledger.ts'
import { createKnownNews } from '../../src/workers/known-news.ts'
import { mergeReadiness } from '../../src/workers/merge-readiness.ts'
import { mergeReloads } from '../../src/workers/merge-reload.ts'
import { lastingOf, summed, sumOfLedgers } from '../../src/workers/sums.ts'

describe('readiness of several workers', () => {
  const of = (index: number, ok: boolean, detail: string) => ({
    ...{ index, why: '' },
    readiness: readinessOf([{ name: 'kafka', ok, detail }]),
  })

  it('is said once where all say the same', () => {
    expect(mergeReadiness([of(0, true, 'connected'), of(1, true, 'connected')])).toEqual({
      ready: true,
      parts: [
        { name: 'workers', ok: true, detail: '2 run' },
        { name: 'kafka', ok: true, detail: 'connected' },
      ],
    })
  })

  it('names those with which a part is not well, and those that are not there', () => {
    const away = { index: 2, readiness: null, why: 'does not answer' }
    expect(mergeReadiness([of(0, true, 'connected'), of(1, false, 'away'), away])).toEqual({
      ready: false,
      parts: [
        { name: 'workers', ok: false, detail: 'worker 2 does not answer' },
        { name: 'kafka', ok: false, detail: 'worker 1: away' },
      ],
    })
    expect(mergeReadiness([of(0, false, 'away'), of(1, false, 'away')]).parts[1]?.detail).toBe('away')
  })
})

describe('a reload of several workers', () => {
  it.each([
    [['ok', 'ok'], { result: 'ok' }],
    [['ok', 'unchanged'], { result: 'ok', workers: ['ok', 'unchanged'] }],
    [['unchanged', 'mistake'], { result: 'mistake', workers: ['unchanged', 'mistake'] }],
    [['ok', null], { result: 'stopped', workers: ['ok', 'no answer'] }],
    [[null], { result: 'stopped', workers: ['no answer'] }],
  ] as const)('of %j is %j', (results, expected) => {
    expect(mergeReloads(results.map((result) => (result === null ? null : { result })))).toEqual(expected)
  })
})

describe('sums', () => {
  it('of ledgers that balance balance; of none too', () => {
    const one = createLedger({ queuedRecords: () => 2 })
    one.callMatched()
    one.callRefused('malformed')
    one.recordsTaken(5)
    one.recordsDelivered(2)
    one.recordsDropped(1, 'too_old')
    const sum = sumOfLedgers([one.snapshot(), one.snapshot()])
    expect(sum).toMatchObject({ calls: 4, records: 10, queued: 4, dropped: { too_old: 2, evicted: 0 } })
    expect(balances(sum)).toBe(true)
    expect(balances(sumOfLedgers([]))).toBe(true)
  })

  it('of metrics are by their aggregator; what never becomes less outlives its worker', async () => {
    const metricsOf = (count: number, up: number) => {
      const registry = new Registry()
      const registers = [registry]
      new Counter({ name: 'c', help: 'c', labelNames: ['a'], registers }).inc({ a: 'x' }, count)
      new Gauge({ name: 'up', help: 'up', aggregator: 'min', registers }).set(up)
      return registry.getMetricsAsJSON()
    }
    const [dead, live] = [await metricsOf(3, 0), await metricsOf(4, 1)]
    const text = await summed([lastingOf(dead), live]).metrics()
    expect(text).toContain('c{a="x"} 7')
    expect(text).toContain('up 1')
  })
})

describe('what was heard of EMQX', () => {
  const loaded = (node: string) =>
    ({ what: 'loaded', load: { node, version: '5.8.9', contract: 'v3', hooks: [] } }) as const

  it('is the last of each node, behind the word of EMQX itself', () => {
    const news = createKnownNews()
    news.heard(loaded('a'))
    news.heard({ what: 'unloaded', node: 'a' })
    expect(news.all).toEqual([{ what: 'unloaded', node: 'a' }])
    const word = { what: 'asked', word: { nodes: [], hooks: [], version: '' } } as const
    news.heard(word)
    news.heard(loaded('b'))
    expect(news.all).toEqual([word, loaded('b')])
  })

  it('is bounded, as names come over the network', () => {
    const news = createKnownNews()
    for (let i = 0; i < 1000; i++) news.heard(loaded(String(i)))
    expect(news.all).toHaveLength(100)
    expect(news.all.at(-1)).toEqual(loaded('999'))
  })
})
