import { expect, it } from 'vitest'
import { createRuleWatch } from '../../src/telemetry/rule-watch.ts'
import { createLogRecorder } from '../support/quiet-log.ts'

it('counts each error and logs the first of each rule and kind', () => {
  const { log, lines } = createLogRecorder()
  const counted: string[] = []
  const watch = createRuleWatch({
    log,
    metrics: { ruleFailed: (rule, code) => void counted.push(`${rule} ${code}`) },
  })
  for (let i = 0; i < 3; i++) watch('a', { code: 'TOPIC_ILLEGAL', message: 'why' })
  watch('b', { code: 'TOPIC_ILLEGAL', message: 'why' })
  watch('a', { code: 'CONDITION_FAILED', message: 'why' })
  for (let i = 0; i < 3; i++) watch('a', { code: 'PARTITION_ILLEGAL', message: 'why' })
  expect(counted).toHaveLength(8)
  expect(lines.map(({ rule, code, error, level }) => [rule, code, error, level])).toEqual([
    ['a', 'TOPIC_ILLEGAL', 'why', 40],
    ['b', 'TOPIC_ILLEGAL', 'why', 40],
    ['a', 'CONDITION_FAILED', 'why', 40],
    ['a', 'PARTITION_ILLEGAL', 'why', 40],
  ])
})
