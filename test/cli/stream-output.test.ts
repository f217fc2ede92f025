import { PassThrough, Writable } from 'node:stream'
import { expect, it } from 'vitest'
import { createStreamOutput } from '../../src/cli/stream-output.ts'

it('goes at the pace of the reader', async () => {
  const accept: (() => void)[] = []
  const slow = new Writable({ write: (_chunk, _encoding, done) => void accept.push(done) })
  const out = createStreamOutput(slow)
  let printed = false
  const printing = out.print('x').then((written) => {
    printed = written
  })
  await new Promise(setImmediate)
  expect(printed).toBe(false)
  accept[0]?.()
  await printing
  expect(printed).toBe(true)
})

it('says once that nobody reads any more, and fails nobody', async () => {
  const broken = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
  })
  let closed = 0
  const out = createStreamOutput(broken, () => void closed++)
  expect(await out.print('x')).toBe(false)
  expect(await out.print('y')).toBe(false)
  expect(closed).toBe(1)
})

it('does not wait for a stream that is gone', async () => {
  const stream = new PassThrough({ highWaterMark: 1 })
  const out = createStreamOutput(stream)
  const printing = Promise.all([out.print('a'), out.print('b')])
  stream.destroy()
  expect(await printing).toContain(false)
})
