import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { guardChild } from './child-guard.ts'

const GUARD = JSON.stringify(new URL('./child-guard.ts', import.meta.url).href)

test('a child does not outlive a parent that was killed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'exhook-kafka-test-'))
  const script = `
    import { spawn } from 'node:child_process'
    import { guardChild } from ${GUARD}
    const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true })
    guardChild(child, { folder: ${JSON.stringify(folder)} })
    console.log(child.pid)
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(line)
  expect(isAlive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false)
  await expect.poll(() => existsSync(folder), { timeout: 5_000 }).toBe(false)
})

test('a released child is left alone', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  guardChild(child)()
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(child.exitCode).toBeNull()
  child.kill('SIGKILL')
  await once(child, 'exit')
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // Dead but not yet reaped by whoever adopted it: it still takes signals.
    return !existsSync('/proc') || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}
