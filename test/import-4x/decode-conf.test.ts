import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeConf } from '../../src/import-4x/decode-conf.ts'

it('reads UTF-8 as it is, also with a byte order mark', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(decodeConf(Buffer.from(text))).toEqual({ text, findings: [] })
    }),
  )
  expect(decodeConf(Buffer.from('\uFEFFa = ü')).findings).toEqual([])
})

it('reads UTF-16 where it has the mark of it', () => {
  const little = Buffer.from('\uFEFFa = ü\n', 'utf16le')
  expect(decodeConf(little)).toEqual({ text: 'a = ü\n', findings: [] })
  expect(decodeConf(Buffer.from(little).swap16())).toEqual({ text: 'a = ü\n', findings: [] })
})

it('reads all else as Latin-1 and names the first line that made it do so', () => {
  const bytes = Buffer.from('a = 1\r\n# ok\n\n# caf\u00e9\nb = \u00fc\n', 'latin1')
  expect(decodeConf(bytes)).toEqual({
    text: 'a = 1\r\n# ok\n\n# caf\u00e9\nb = \u00fc\n',
    findings: [{ level: 'warning', line: 4, text: expect.stringContaining('read as Latin-1') }],
  })
})

it('never throws, and names a line that there is', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const { text, findings } = decodeConf(Buffer.from(bytes))
      for (const { line } of findings) expect(text.split(/\r\n|\n|\r/)[line - 1]).toMatch(/[\x80-\xff]/)
    }),
  )
})
