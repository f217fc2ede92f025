import { expect, it } from 'vitest'
import { CONNECTION_REFUSALS, createConnectionRefusals } from '../../src/exhook/connection-refusals.ts'
import { createLogRecorder } from '../support/quiet-log.ts'

it('counts every refused connection, and logs each reason now and then, with the peer', () => {
  const { log, lines } = createLogRecorder()
  const counted: string[] = []
  const refuse = createConnectionRefusals({ log, onRefused: (reason) => counted.push(reason) })
  for (const reason of CONNECTION_REFUSALS) {
    for (let i = 0; i < 50; i++) refuse(reason, `10.0.0.${i}:4000`, 'what it did')
  }
  expect(counted).toHaveLength(50 * CONNECTION_REFUSALS.length)
  // Who only opens a connection and closes it is no news.
  expect(lines.map(({ reason }) => reason)).toEqual(CONNECTION_REFUSALS.filter((one) => one !== 'closed'))
  for (const line of lines) expect(line).toMatchObject({ peer: '10.0.0.0:4000', detail: 'what it did' })
  expect(new Set(lines.map(({ msg }) => msg)).size).toBe(lines.length)
  for (const { msg } of lines) expect(msg).toMatch(/connection|client|handshake/)
})
