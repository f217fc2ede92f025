import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { achieved, floodsText, withFloods } from '../../soak/floods-text.ts'
import { attackOf } from '../support/floods/attacks.ts'
import type { FloodResult } from '../support/floods/flood-run.ts'

const phase = { rssMib: 130.4, loopMs: 11, calls: 100, failed: 0, p99Ms: 3 }
const result: FloodResult = {
  attack: { sent: 5000, bytes: 85_000, opened: 3, closed: 2, most: 1 },
  before: phase,
  during: { ...phase, rssMib: 150, p99Ms: 20 },
  after: phase,
  refused: { protocol: 3 },
}
const row = { attack: attackOf('ping'), test: '`frame-floods`', result }

it('tells what was sent, what became of it, and what others had of it', () => {
  expect(floodsText([row], 5)).toContain(
    '| `ping`: PING frames, the answers read | 5000 (0.1 MB) | 3 × `protocol`; 3 opened, 2 closed, 1 at a time at most | ' +
      '130 / 150 / 130 | 11 / 11 / 11 | 3 / 20 / 3, 0 of 200 | `frame-floods` |',
  )
})

it('knows when an attack has achieved something', () => {
  expect(achieved(row)).toEqual([])
  expect(achieved({ ...row, result: { ...result, refused: {} } })).toEqual(['its connections were not cut'])
  expect(achieved({ ...row, result: { ...result, after: { ...phase, failed: 2 } } })).toEqual([
    '2 calls of others failed',
  ])
  expect(achieved({ ...row, result: 'the provider ended' })).toEqual(['the provider ended'])
})

it('has its place in SECURITY.md, and leaves the rest as it is', () => {
  const page = readFileSync(new URL('../../SECURITY.md', import.meta.url), 'utf8')
  const once = withFloods(page, 'TABLE')
  expect(withFloods(once, 'TABLE')).toBe(once)
  expect(once).toContain('\n\nTABLE\n\n')
  expect(once.startsWith(page.slice(0, page.indexOf('## Limits and floods')))).toBe(true)
  expect(() => withFloods('# Security', 'TABLE')).toThrow('lost the place')
})
