import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createRareLog } from '../../src/telemetry/rare-log.ts'
import { createLogRecorder } from '../support/quiet-log.ts'

it('logs the first of each topic at once, and then tells how many were left unsaid', async () => {
  const { log, lines } = createLogRecorder()
  const say = createRareLog(log, 50)
  for (let i = 0; i < 4; i++) say('a', 'warn', { i }, 'about a')
  say('b', 'error', {}, 'about b')
  expect(lines.map(({ msg, level, i, more }) => ({ msg, level, i, more }))).toEqual([
    { msg: 'about a', level: 40, i: 0, more: undefined },
    { msg: 'about b', level: 50, i: undefined, more: undefined },
  ])
  await sleep(60)
  say('a', 'warn', { i: 9 }, 'about a')
  expect(lines.at(-1)).toMatchObject({ msg: 'about a', i: 9, more: 3 })
})
