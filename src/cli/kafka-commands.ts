import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import { ConfigError, type Mistake, wordMistake } from '../config/config-error.ts'
import { type ConfigSources, loadConfig } from '../config/load-config.ts'
import { secretValues } from '../config/secret-values.ts'
import { kafkaClientConfig } from '../kafka/client-config.ts'
import { createKafkaDriver } from '../kafka/create-driver.ts'
import type { KafkaDriver } from '../kafka/kafka-driver.ts'
import { createKafkaJsReader } from '../kafka/kafkajs-reader.ts'
import { KafkaReadError, type RecordReader } from '../kafka/record-reader.ts'
import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { createRedactor } from '../text/redactor.ts'
import { shownText } from '../text/shown.ts'
import { runDeadLettersList } from './dead-letters-list.ts'
import { redriveGroups, runDeadLettersRedrive } from './dead-letters-redrive.ts'
import { failureText } from './failure-text.ts'
import { DEAD_LETTERS_HELP, TAIL_HELP } from './kafka-help.ts'
import { tellMistakes } from './mistakes.ts'
import type { CommandOutput } from './stream-output.ts'
import { runTail } from './tail.ts'
import { type CommandSpec, type CommandWords, countOf, readWords } from './words.ts'

/** What the process gives to a command that looks into Kafka. */
export interface KafkaCommandDeps extends Pick<ConfigSources, 'env' | 'readFile'> {
  readonly out: CommandOutput
  /** What is said to people beside the output. */
  readonly err: CommandOutput
  /** Ends the command. */
  readonly signal: AbortSignal
  /** `redact` is for every line of it. */
  readonly createLog: (config: Config['log'], redact: (text: string) => string) => Logger
}

/** A command that is read and understood: the topic and group that it is about, for messages, and what it does. */
interface Understood {
  readonly topic: string
  readonly group: string | null
  /** Gives whether all was done. */
  run(kafka: { readonly reader: RecordReader; readonly driver: () => KafkaDriver }): Promise<boolean>
}

type Understand = (
  read: CommandWords,
  deps: KafkaCommandDeps,
  mistakes: Mistake[],
) => (config: Config) => Understood

/** What is left under way at the end is no longer waited for after this; what matters is done by then. */
const STOP_MS = 2_000

const LIST: CommandSpec = {
  values: ['topic', 'code', 'max'],
  switches: ['json'],
  words: [],
}

const SPECS: Readonly<Record<string, { readonly spec: CommandSpec; readonly understand: Understand }>> = {
  tail: {
    spec: { values: ['group', 'from', 'max'], switches: ['json'], words: ['Kafka topic'] },
    understand: understandTail,
  },
  list: { spec: LIST, understand: understandList(false) },
  watch: { spec: LIST, understand: understandList(true) },
  redrive: { spec: { ...LIST, switches: ['dry-run'] }, understand: understandRedrive },
}

/**
 * `tail` and `dead-letters list|watch|redrive`. `words` are those after the name of the command. Returns the exit code: 0 when all
 * is well, 1 when Kafka did not do it, else as `exitCodeOf`. A connection to a
 * broker that does not answer may be open still.
 */
export async function runKafkaCommand(
  name: 'tail' | 'dead-letters',
  words: readonly string[],
  deps: KafkaCommandDeps,
): Promise<number> {
  const help = name === 'tail' ? TAIL_HELP : DEAD_LETTERS_HELP
  if (words.some((word) => word === '--help' || word === '-h')) {
    await deps.out.print(help)
    return 0
  }
  const [action = '', ...others] = words
  const command = name === 'tail' ? SPECS.tail : action === 'tail' ? undefined : ownOf(action)
  const given = { command: name, words, help }
  if (command === undefined) return tellMistakes([wordMistake(noSuchAction(action))], given, deps.err)
  const read = readWords(name === 'tail' ? words : others, command.spec)
  const mistakes = [...read.mistakes]
  const understood = command.understand(read, deps, mistakes)
  let config: Config
  let todo: Understood
  try {
    config = configOf(read.rest, deps, mistakes)
    todo = understood(config)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return tellMistakes(error.mistakes, given, deps.err)
  }
  return (await runOnKafka(todo, config, deps)) ? 0 : 1
}

const ACTIONS = ['list', 'watch', 'redrive']

const noSuchAction = (action: string): string =>
  action === ''
    ? 'say what to do: list, watch or redrive'
    : `there is no dead-letters ${quoted(action)}${suggestion(action, ACTIONS)}`

const ownOf = (action: string) => (Object.hasOwn(SPECS, action) ? SPECS[action] : undefined)

/** @throws ConfigError with every mistake in it and in the words. */
function configOf(argv: readonly string[], deps: KafkaCommandDeps, mistakes: readonly Mistake[]): Config {
  try {
    const config = loadConfig({ argv, env: deps.env, readFile: deps.readFile })
    if (mistakes.length === 0) return config
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError([...mistakes, ...error.mistakes])
  }
  throw new ConfigError(mistakes)
}

function deadLetterTopicOf({ deadLetters }: Config): string {
  if (deadLetters.topic !== 'off') return deadLetters.topic
  throw new ConfigError([{ message: 'dead_letters.topic is off, so there is nothing to look into' }])
}

async function runOnKafka(command: Understood, config: Config, deps: KafkaCommandDeps): Promise<boolean> {
  const redact = createRedactor(secretValues(config))
  const log = deps.createLog(config.log, redact)
  const client = kafkaClientConfig(config.kafka, { readFile: deps.readFile, log })
  const reader = createKafkaJsReader(client, { log })
  let driver: KafkaDriver | undefined
  const createDriver = () =>
    (driver ??= createKafkaDriver(config.kafka.driver, client, { log, onRenewal: () => {} }))
  try {
    return await command.run({ reader, driver: createDriver })
  } catch (error) {
    if (!(error instanceof KafkaReadError)) throw error
    const text = failureText(error.failure, { ...command, brokers: config.kafka.brokers })
    await deps.err.print(`${redact(text)}\n`)
    return false
  } finally {
    const stopped = Promise.all([reader.stop(), driver?.stop()])
    await Promise.race([stopped, sleep(STOP_MS)])
  }
}

function understandTail(...[read, deps, mistakes]: Parameters<Understand>): ReturnType<Understand> {
  const { values, words, switches } = read
  const from = values.from ?? 'latest'
  if (from !== 'earliest' && from !== 'latest') {
    mistakes.push({ message: `--from: must be earliest or latest, not ${quoted(from)}` })
  }
  const max = countOf(values, 'max', mistakes)
  const topic = words['Kafka topic'] ?? ''
  const group = values.group ?? null
  const { out, signal } = deps
  return () => ({
    topic,
    group,
    async run({ reader }) {
      const begin = from === 'earliest' ? 'earliest' : 'latest'
      const options = { topic, group, from: begin, max, json: switches.has('json') } as const
      await runTail(options, { reader, out, signal, onStart: () => sayWaiting(deps, topic) })
      return true
    },
  })
}

function understandList(follow: boolean): Understand {
  return ({ values, switches }, deps, mistakes) => {
    const max = countOf(values, 'max', mistakes)
    const { out, signal } = deps
    return (config) => {
      const deadLetterTopic = deadLetterTopicOf(config)
      const filter = { topic: values.topic ?? null, code: values.code ?? null }
      return {
        topic: deadLetterTopic,
        group: null,
        async run({ reader }) {
          const options = { deadLetterTopic, follow, max, json: switches.has('json'), ...filter }
          const onStart = () => (follow ? sayWaiting(deps, deadLetterTopic) : undefined)
          await runDeadLettersList(options, { reader, out, signal, onStart })
          return true
        },
      }
    }
  }
}

function understandRedrive(...[read, deps, mistakes]: Parameters<Understand>): ReturnType<Understand> {
  const { values, switches } = read
  const max = countOf(values, 'max', mistakes)
  const { out, signal } = deps
  return (config) => {
    const deadLetterTopic = deadLetterTopicOf(config)
    const filter = { topic: values.topic ?? null, code: values.code ?? null }
    const options = { deadLetterTopic, max, dryRun: switches.has('dry-run'), ...filter }
    return {
      topic: deadLetterTopic,
      group: redriveGroups(filter).own,
      run: ({ reader, driver }) =>
        runDeadLettersRedrive(options, { reader, driver: driver(), out, signal, nowMs: Date.now }),
    }
  }
}

/** Not on the output: that is for records alone. */
function sayWaiting({ err }: KafkaCommandDeps, topic: string): void {
  void err.print(`reading ${shownText(topic)}, Ctrl-C ends it\n`)
}
