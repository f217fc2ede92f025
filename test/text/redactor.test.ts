import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../src/text/redactor.ts'

describe('a redactor', () => {
  it('leaves nothing of a secret, however it is written', () => {
    const secret = fc.string({ unit: 'grapheme', minLength: 8, maxLength: 40 })
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (planted, before, after) => {
        const redact = createRedactor([planted])
        const bytes = Buffer.from(planted)
        for (const form of [
          planted,
          JSON.stringify(planted).slice(1, -1),
          encodeURIComponent(planted),
          bytes.toString('base64').replace(/=+$/, ''),
          bytes.toString('base64url'),
        ])
          expect(redact(`${before} ${form} ${after}`)).not.toContain(form)
      }),
    )
  })

  it('says where something stood, and keeps all else', () => {
    const redact = createRedactor(['hunter-22', 'hunter-2222', 'key:hunter-22'])
    expect(redact('a hunter-22 b hunter-2222 c key:hunter-22 d')).toBe(
      'a [redacted] b [redacted] c [redacted] d',
    )
    expect(createRedactor([])('a')).toBe('a')
  })

  it('leaves short ones as they are, which would be in every word, unless told otherwise', () => {
    expect(createRedactor(['kafka', ''])('kafka')).toBe('kafka')
    expect(createRedactor(['kafka', ''], { minLength: 1 })('kafkas')).toBe('[redacted]s')
  })
})
