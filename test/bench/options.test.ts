import { expect, it } from 'vitest'
import { benchOptions } from '../../bench/options.ts'
import { SCENARIOS } from '../../bench/scenarios.ts'

const names = (words: readonly string[]) => benchOptions(words).scenarios.map(({ name }) => name)

it('does everything, and writes it down, when nothing is said', () => {
  expect(names([])).toEqual(SCENARIOS.map(({ name }) => name))
  expect(benchOptions([])).toMatchObject({ rounds: 3, version: 'v2', load: 'go', out: 'bench/RESULTS.md' })
})

it('takes a part by the names of loads and servers, and writes it only where it is told to', () => {
  const { scenarios, out } = benchOptions(['--only', 'open,lean/pla,bare grpc-go'])
  expect(scenarios.map(({ name }) => name)).toEqual(['open-2000', 'open-5000', 'open-10000'])
  for (const { subjects } of scenarios) expect(subjects).toEqual(['lean/platformatic', 'bare grpc-go'])
  expect(out).toBeNull()
  expect(names(['--only', 'tutorial'])).toEqual(['closed-128', 'open-2000'])
  expect(benchOptions(['--quick', '--out', 'x.md'])).toMatchObject({ rounds: 1, out: 'x.md' })
  expect(names(['--quick'])).toEqual(['closed-128', 'open-5000'])
})

it.each([
  [['--only', 'nonsense'], '--only: nothing is named like nonsense'],
  [['--rounds', '0'], '--rounds is a number of at least 1, not 0'],
  [['--seconds', 'x'], '--seconds is a number of at least 0.1, not x'],
  [['--contract', 'v4'], '--contract is one of v2, v3, not v4'],
  [['--load', 'rust'], '--load is one of go, node, not rust'],
])('refuses %j', (words, message) => {
  expect(() => benchOptions(words)).toThrow(message)
})
