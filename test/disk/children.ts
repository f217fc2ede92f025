import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { guardChild } from '../support/child-guard.ts'

/** A directory of the real disk; it goes with the tests of this file. */
export function realDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'exhook-kafka-log-'))
  afterAll(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** Starts a script next to this file as a process of its own. */
export function start(
  script: string,
  words: readonly string[],
  execArgv: readonly string[] = [],
): ChildProcess {
  const child = fork(join(import.meta.dirname, script), [...words], { execArgv: [...execArgv], silent: true })
  guardChild(child)
  return child
}

/** The next message of a child; rejects with what it printed when it ends without one. */
export async function nextMessage(child: ChildProcess): Promise<unknown> {
  let errors = ''
  child.stderr?.on('data', (text) => {
    errors += text
  })
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`exited with ${code}: ${errors}`))),
  ])
  return message
}
