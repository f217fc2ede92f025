import { expect, it } from 'vitest'
import { atOnce, inSlices, type Steps } from '../../src/rules/steps.ts'

function* counting(to: number, onStep: (step: number) => void): Steps<string> {
  for (let step = 1; step <= to; step++) {
    onStep(step)
    yield
  }
  return 'done'
}

it('does all steps in turns of a few ms, with room for others in between', async () => {
  let clock = 0
  let turn = 0
  let running = true
  const turns: number[] = []
  const others = (): void => {
    turn++
    if (running) setImmediate(others)
  }
  setImmediate(others)
  const steps = counting(10, () => {
    turns.push(turn)
    clock += 1.5
  })
  expect(await inSlices(steps, () => clock)).toBe('done')
  running = false
  // 4.5 ms of steps a turn: the third one ends it.
  expect(new Set(turns).size).toBe(4)
  expect(turns.filter((one) => one === turns[0])).toHaveLength(3)
})

it('rejects with what a step throws', async () => {
  const failing = counting(3, (step) => {
    if (step === 2) throw new Error('no')
  })
  await expect(inSlices(failing)).rejects.toThrow('no')
})

it('does all of them at once where that is asked', () => {
  const done: number[] = []
  expect(atOnce(counting(3, (step) => void done.push(step)))).toBe('done')
  expect(done).toEqual([1, 2, 3])
})
