import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createPlanted } from './planted.ts'

const planted = fc.string({ unit: 'grapheme-ascii', minLength: 24, maxLength: 40 })

it('finds a secret however it is written, and wherever it stands', () => {
  fc.assert(
    fc.property(
      planted,
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary' }),
      (secret, before, after) => {
        const text = `${before}${secret}${after}`
        for (const said of [
          text,
          JSON.stringify({ text }),
          JSON.stringify(JSON.stringify({ text })),
          encodeURIComponent(text.toWellFormed()),
          new URLSearchParams({ text }).toString(),
          Buffer.from(text).toString('base64'),
          Buffer.from(text).toString('base64url'),
          Buffer.from(text).toString('hex'),
          secret.slice(3, -3),
        ]) {
          const search = createPlanted({ it: secret })
          search.saw('here', said)
          expect(search.finds(), said).not.toEqual([])
        }
      },
    ),
  )
})

it('finds none where there is none', () => {
  fc.assert(
    fc.property(planted, fc.string({ maxLength: 11 }), (secret, text) => {
      const search = createPlanted({ it: secret })
      search.saw('here', text)
      expect(search.finds()).toEqual([])
    }),
  )
})
