import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { guardChild } from '../support/child-guard.ts'

const SHORT = ['--locks', '5', '--seconds', '2', '--rate', '50']

/** Runs the demo as a user does. */
function demo(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ exitCode: number | null; said: string }> {
  const child = spawn(process.execPath, [join('demo', 'demo.ts'), ...args], {
    cwd: join(import.meta.dirname, '..', '..'),
    env: { ...process.env, KAFKA_BOOTSTRAP: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  guardChild(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk
    })
  }
  return new Promise((resolve) => child.once('close', (exitCode) => resolve({ exitCode, said })))
}

test('loses nothing on a real Kafka, and shows the records of the smart lock', async () => {
  const { exitCode, said } = await demo(SHORT)
  expect(said).toMatch(/^ {2}lost +0$/m)
  expect(said.match(/the record is the expected one/g)).toHaveLength(2)
  expect(said).toMatch(/Kafka ▸ message_command\[\d\]@0 {2}key 10083618796833171/)
  expect(said).toContain('it balances')
  expect(said).toMatch(/^ {2}provider +exit code 0/m)
  expect(exitCode).toBe(0)
}, 300_000)

test('says that nothing reached a Kafka when none can be had, shows the queue, and fails', async () => {
  const { exitCode, said } = await demo(SHORT, { PATH: '/nonexistent', JAVA_HOME: '' })
  expect(said).toContain('not with Java: no Java')
  expect(said).toContain('not with Docker: no engine answers')
  expect(said).toContain('NOTHING REACHED A KAFKA')
  expect(said).toMatch(/queue ▸ message_state .* key 10083618796833171/)
  expect(exitCode).toBe(1)
}, 60_000)

test('takes no other Kafka than the one it was told', async () => {
  const { exitCode, said } = await demo([], { KAFKA_BOOTSTRAP: '127.0.0.1:1' })
  expect(said).toContain('no Kafka answers at KAFKA_BOOTSTRAP=127.0.0.1:1')
  expect(exitCode).toBe(1)
}, 60_000)

test('explains a wrong option', async () => {
  const { exitCode, said } = await demo(['--locks', 'many'])
  expect(said).toContain('--locks takes a whole number above 0, not "many"')
  expect(exitCode).toBe(2)
})
