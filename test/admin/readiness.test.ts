import { describe, expect, it } from 'vitest'
import { readinessOf, readinessText } from '../../src/admin/readiness.ts'

describe('readiness', () => {
  it('holds when every part does', () => {
    expect(readinessOf([]).ready).toBe(true)
    expect(readinessOf([{ name: 'kafka', ok: true, detail: '' }]).ready).toBe(true)
    expect(
      readinessOf([
        { name: 'kafka', ok: true, detail: '' },
        { name: 'draining', ok: false, detail: 'since 3 s' },
      ]).ready,
    ).toBe(false)
  })

  it('has one line for each part, whatever the detail holds', () => {
    const readiness = readinessOf([{ name: 'kafka', ok: false, detail: 'a\r\nqueue: fine\u001b[31m\n' }])
    expect(readinessText(readiness)).toBe('not ready\nkafka: a queue: fine [31m\n')
  })
})
