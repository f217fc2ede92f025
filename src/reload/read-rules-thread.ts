import { parentPort, workerData } from 'node:worker_threads'
import { ConfigError } from '../config/config-error.ts'
import { readRules } from '../rules/rule-file.ts'
import type { ThreadAnswer, ThreadTask } from './read-rules-aside.ts'

// The thread of `readRulesAside`: it reads one file, answers and ends.
parentPort?.postMessage(answerTo(workerData as ThreadTask))

function answerTo({ text, fileName }: ThreadTask): ThreadAnswer {
  try {
    return { configs: readRules(text, fileName), mistakes: null }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { configs: null, mistakes: error.mistakes }
  }
}
