import { execFile, execFileSync, spawn } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogOutput } from '../../src/telemetry/log-output.ts'
import { guardChild } from '../support/child-guard.ts'
import { freePort } from '../support/free-port.ts'
import { startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const rules = temporaryFile('rules.yaml', 'rules:\n  - {hook: client.connected, topic: here}\n')
const FLAGS = [`--rules=${rules}`, '--kafka-brokers=127.0.0.1:1', '--stop-deadline-ms=500']

/** Both ends of a pipe with a name, neither of which blocks. */
function namedPipe(): { readonly reader: number; readonly writer: number } {
  const path = join(dirname(temporaryFile('beside', '')), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  onTestFinished(() => closeSync(writer))
  return { reader, writer }
}

function readAll(fd: number): string {
  const bytes = Buffer.alloc(1024 * 1024)
  let text = ''
  try {
    for (let n = 1; n > 0; ) {
      n = readSync(fd, bytes)
      text += bytes.toString('latin1', 0, n)
    }
  } catch (error) {
    expect(error).toMatchObject({ code: 'EAGAIN' })
  }
  return text
}

describe('the output of the log', () => {
  it('keeps lines for a slow reader up to its bound, tells how many were lost, and tears none', async () => {
    const { reader, writer } = namedPipe()
    const output = createLogOutput({ fd: writer, maxWaitingBytes: 10_000 })
    const lines = Array.from({ length: 1000 }, (_, n) => `${n} ${'x'.repeat(120)}\n`)
    for (const line of lines) output.write(line)
    let read = ''
    while (!read.includes('"lost"')) {
      read += readAll(reader)
      await sleep(20)
    }
    output.write('after\n')
    const got = (read + readAll(reader)).split('\n').slice(0, -1)
    const told = got.findIndex((line) => line.includes('"lost"'))
    expect(got.slice(0, told)).toEqual(lines.slice(0, told).map((line) => line.trim()))
    expect(told).toBeGreaterThan(500)
    expect(JSON.parse(got[told] ?? '')).toMatchObject({ level: 40, lost: lines.length - told })
    expect(got.slice(told + 1)).toEqual(['after'])
    closeSync(reader)
  })

  it('goes on when its reader is gone, and writes again for the next one', () => {
    const { reader, writer } = namedPipe()
    const output = createLogOutput({ fd: writer })
    closeSync(reader)
    for (const line of ['a\n', 'b\n']) output.write(line)
    output.end()
    const next = openSync(`/proc/self/fd/${writer}`, constants.O_RDONLY | constants.O_NONBLOCK)
    output.write('c\n')
    const [line, told = ''] = readAll(next).split('\n')
    expect(line).toBe('c')
    expect(JSON.parse(told)).toMatchObject({ lost: 2 })
    closeSync(next)
  })

  it('ends in time with a reader that reads nothing', () => {
    const { reader, writer } = namedPipe()
    writeSync(writer, Buffer.alloc(65_536))
    const output = createLogOutput({ fd: writer, endMs: 100 })
    output.write('a\n')
    const began = performance.now()
    output.end()
    expect(performance.now() - began).toBeLessThan(2000)
    closeSync(reader)
  })

  it('writes all that waits at the end to a reader that reads', () => {
    const file = temporaryFile('log', '')
    const fd = openSync(file, 'w')
    const output = createLogOutput({ fd })
    output.write('a\n')
    output.end()
    closeSync(fd)
    expect(readFileSync(file, 'utf8')).toBe('a\n')
  })
})

/** `serve` behind a shell, for outputs that no pipe of ours can be. Its exit code comes as the last line. */
async function serveInShell(script: string) {
  const port = await freePort()
  const serve = [process.execPath, 'src/bin.ts', 'serve', ...FLAGS, '--grpc-port=0', `--http-port=${port}`]
  const shell = spawn('/bin/sh', ['-c', script, 'sh', ...serve], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  guardChild(shell)
  let said = ''
  shell.stderr.on('data', (text: Buffer) => {
    said += text
  })
  const alive = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => null)
    return answer?.status === 200
  }
  const pid = () => Number(/^pid (\d+)$/m.exec(said)?.[1])
  onTestFinished(() => {
    shell.kill('SIGKILL')
    if (!/^ended/m.test(said)) process.kill(pid(), 'SIGKILL')
    const reader = Number(/^reader (\d+)$/m.exec(said)?.[1])
    if (reader > 0) process.kill(reader, 'SIGKILL')
  })
  await expect.poll(alive, { timeout: 15_000, interval: 100 }).toBe(true)
  return {
    async stop() {
      process.kill(pid(), 'SIGTERM')
      await expect.poll(() => said, { timeout: 10_000, interval: 50 }).toMatch(/^ended \d+$/m)
      return Number(/^ended (\d+)$/m.exec(said)?.[1])
    },
  }
}

const TELLS_PID = `sh -c 'echo pid $$ >&2; exec "$@"' sh "$@"`

it('a reader that has seen enough is no fault of a command', async () => {
  const script = `{ ${JSON.stringify(process.execPath)} src/bin.ts --help; echo "code $?" >&2; } | true`
  const said = await new Promise<string>((resolve) => {
    execFile('/bin/sh', ['-c', script], { cwd: ROOT }, (_error, _stdout, stderr) => resolve(stderr))
  })
  expect(said).toBe('code 0\n')
})

describe('serve with a log that is broken', () => {
  it('ends as it should when the reader of its log has gone, before or during the stop', async () => {
    for (const goneAt of ['before', 'during']) {
      const provider = await startProvider(FLAGS)
      if (goneAt === 'before') provider.hangUp()
      provider.signal('SIGTERM')
      if (goneAt === 'during') provider.hangUp()
      expect(await provider.exited).toBe(0)
    }
  })

  it('works and ends with a full disk behind its log', async () => {
    const serve = await serveInShell(`${TELLS_PID} > /dev/full; echo ended $? >&2`)
    expect(await serve.stop()).toBe(0)
  })

  it('works and ends with a reader that reads nothing', async () => {
    const full = `{ head -c 65536 /dev/zero; ${TELLS_PID}; echo ended $? >&2; }`
    const serve = await serveInShell(`${full} | sh -c 'echo reader $$ >&2; exec sleep 60'`)
    expect(await serve.stop()).toBe(0)
  })
})
