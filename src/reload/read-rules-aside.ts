import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ConfigError, type Mistake } from '../config/config-error.ts'
import type { RuleConfig } from '../rules/rule-config.ts'

export interface ThreadTask {
  readonly text: string
  readonly fileName: string
}

export type ThreadAnswer =
  | { readonly configs: readonly RuleConfig[]; readonly mistakes: null }
  | { readonly configs: null; readonly mistakes: readonly Mistake[] }

/** The thread beside this file, which is TypeScript from a clone and JavaScript from a build. */
const THREAD = new URL(`./read-rules-thread${extname(import.meta.filename)}`, import.meta.url)

/**
 * Reads a rule file as `readRules` does, in a thread of its own: a thousand rules of YAML take a tenth of a second, which cannot be
 * cut into slices. Throws as `readRules` does, and an Error when the thread ends without an answer, as after `signal`.
 */
export async function readRulesAside(task: ThreadTask, signal: AbortSignal): Promise<readonly RuleConfig[]> {
  signal.throwIfAborted()
  const thread = new Worker(THREAD, { workerData: task, execArgv: [] })
  const end = () => void thread.terminate()
  signal.addEventListener('abort', end)
  try {
    const { configs, mistakes } = await answerOf(thread)
    if (configs === null) throw new ConfigError(mistakes)
    return configs
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}

function answerOf(thread: Worker): Promise<ThreadAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ThreadAnswer>()
  thread.once('message', resolve)
  thread.once('error', reject)
  thread.once('exit', () => reject(new Error('the thread that reads the rules ended without an answer')))
  return promise
}
