import { expect, it } from 'vitest'
import { withPart } from '../../soak/docs-page.ts'

it('makes a part anew and leaves the others as they are', () => {
  const first = withPart(withPart('', 'matrix', 'M1'), 'outage', 'O1')
  const second = withPart(first, 'matrix', 'M2')
  expect(second).toBe(first.replace('M1', 'M2'))
  expect(second.indexOf('M2')).toBeLessThan(second.indexOf('O1'))
  expect(withPart(second, 'matrix', 'M2')).toBe(second)
})
