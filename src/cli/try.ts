import { ConfigError, formatMistake } from '../config/config-error.ts'
import { type Contract, loadContract } from '../events/contract.ts'
import { HOOKS, type HookPoint, RPCS } from '../hooks.ts'
import { unreadable } from '../rules/load-rules.ts'
import { readRuleFile } from '../rules/rule-file.ts'
import { parseEvent } from '../rules/rule-tests/parse-event.ts'
import type { TrialEvent } from '../rules/rule-tests/written-event.ts'
import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { counted } from '../text/table.ts'
import { utf8Text } from '../text/utf8.ts'
import { createExplain } from '../trial/explain.ts'
import { createMakeHookCall } from '../trial/hook-call.ts'
import { tellMistakes } from './mistakes.ts'
import type { CommandOutput } from './stream-output.ts'
import { trialJson } from './trial-json.ts'
import { trialText } from './trial-text.ts'
import { TRY_HELP } from './try-help.ts'
import { readWords } from './words.ts'

/** What the process gives to the command. */
export interface TryDeps {
  /** The bytes of a file, `-` for the standard input; throws as `readFileSync` does. */
  readonly readBytes: (path: string) => Buffer
  readonly out: CommandOutput
  readonly err: CommandOutput
}

/** `try <rules.yaml> <event.json>`. Returns the exit code: 0 tried, 1 a mistake in a file, else as `exitCodeOf`. */
export async function runTry(argv: readonly string[], { readBytes, out, err }: TryDeps): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    await out.print(TRY_HELP)
    return 0
  }
  const { words, values, switches, mistakes } = readWords(argv, SPEC)
  const hook = values.hook === undefined ? null : hookOf(values.hook)
  const all = [...mistakes]
  if (hook === undefined)
    all.push({
      message: `--hook: there is no hook ${quoted(values.hook ?? '')}${hookHint(values.hook ?? '')}`,
    })
  if (all.length > 0) return tellMistakes(all, { command: 'try', words: argv, help: TRY_HELP }, err)
  try {
    const { 'rule file': rulesPath = '', 'file with the event': eventPath = '' } = words
    const [rules, event] = both(
      () => readRuleFile(textOf(rulesPath, readBytes), rulesPath).rules,
      () => readTrial(eventPath, hook ?? null, readBytes),
    )
    const contract: Contract = loadContract()
    const call = createMakeHookCall(contract)(event)
    if (call === null) throw new ConfigError([{ file: eventPath, message: noRequest(event) }])
    const trial = { event, call, explanation: createExplain(rules)(call) }
    await out.print(switches.has('json') ? trialJson(trial) : trialText(trial))
    return 0
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const lines = error.mistakes.map((mistake) => `${formatMistake(mistake)}\n`)
    await err.print(`${lines.join('')}${counted(error.mistakes.length, 'mistake')}\n`)
    return 1
  }
}

function noRequest(event: TrialEvent): string {
  const isWritten = event.kind === 'recorded' && /^\s*\{/.test(event.request.toString('latin1'))
  const hint = isWritten ? ': an event in JSON names its hook itself, so leave out `--hook`' : ''
  return `these bytes are no request of ${event.hook}${hint}`
}

const SPEC = {
  values: ['hook'],
  switches: ['json'],
  words: ['rule file', 'file with the event'],
  sections: [],
}

/** Both, or the mistakes of both. */
function both<A, B>(first: () => A, second: () => B): readonly [A, B] {
  const mistakes: ConfigError['mistakes'][number][] = []
  const attempt = <T>(action: () => T): T | undefined => {
    try {
      return action()
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      mistakes.push(...error.mistakes)
      return undefined
    }
  }
  const results = [attempt(first), attempt(second)] as const
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return results as readonly [A, B]
}

function readTrial(path: string, hook: HookPoint | null, readBytes: TryDeps['readBytes']): TrialEvent {
  if (hook === null) return parseEvent(textOf(path, readBytes), path)
  return { kind: 'recorded', hook, request: bytesOf(path, readBytes), receivedAtMs: null }
}

function textOf(path: string, readBytes: TryDeps['readBytes']): string {
  const text = utf8Text(bytesOf(path, readBytes))
  if (text !== null) return text
  const hint = 'the file is not UTF-8 text: save it as UTF-8; of the bytes of a hook call say its `--hook`'
  throw new ConfigError([{ file: path, message: hint }])
}

function bytesOf(path: string, readBytes: TryDeps['readBytes']): Buffer {
  try {
    return readBytes(path)
  } catch (error) {
    throw new ConfigError([{ file: path, message: unreadable(error) }])
  }
}

/** By the name of the hook or of its RPC; undefined: there is none. */
function hookOf(text: string): HookPoint | undefined {
  const names: readonly { readonly rpc: string; readonly hook: HookPoint | null }[] = RPCS
  return names.find(({ rpc, hook }) => hook !== null && (hook === text || rpc === text))?.hook ?? undefined
}

const hookHint = (text: string): string =>
  suggestion(text, HOOKS.keys()) || `: use one of ${[...HOOKS.keys()].join(', ')}`
