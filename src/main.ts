import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { createApp } from './app.ts'
import { runCheck } from './cli/check.ts'
import { CHECK_HELP, readCheckWords } from './cli/check-words.ts'
import { runImport } from './cli/import-4x.ts'
import { runKafkaCommand } from './cli/kafka-commands.ts'
import { loadAll } from './cli/load-all.ts'
import { runRegister } from './cli/register.ts'
import { createStreamOutput } from './cli/stream-output.ts'
import { runTry } from './cli/try.ts'
import { ConfigError } from './config/config-error.ts'
import { helpText as optionsHelp } from './config/describe-options.ts'
import { loadConfig } from './config/load-config.ts'
import { printConfig } from './config/print-config.ts'

const USAGE = `exhook-kafka: EMQX's hook events to Kafka

  exhook-kafka serve --config config.yaml --rules rules.yaml   run the server
  exhook-kafka check rules.yaml …                              check rule files and run their tests (check --help)
  exhook-kafka try rules.yaml event.json                       what the rules make of an event (try --help)
  exhook-kafka tail <Kafka topic> …                            print records as they come (tail --help)
  exhook-kafka dead-letters list|watch|redrive …               what Kafka refused (dead-letters --help)
  exhook-kafka register --emqx http://… --url http://…         tell EMQX of this server (register --help)
  exhook-kafka import-4x emqx_bridge_kafka.conf …              EMQX 4.x Enterprise's Kafka bridge as rules (import-4x --help)
  exhook-kafka --help | --version

Exit codes: 0 well; 1 a mistake in a file, a variable or a flag, a failed start, or what Kafka or EMQX did not do; 2 no such command,
or words it cannot take; 3 registered, and EMQX is not connected.

Options of serve:

`

/** The program as a process: words, signals and exit codes are dealt with here and nowhere else. */
export async function main(): Promise<void> {
  const [command = '', ...words] = process.argv.slice(2)
  if (command === 'tail' || command === 'dead-letters') return lookIntoKafka(command, words)
  if (command === 'register') return register(words)
  if (command === 'import-4x') return importFrom4x(words)
  if (command === 'check') return check(words)
  if (command === 'try') return tryOut(words)
  const asked = (flag: string) => command === flag || words.includes(flag)
  if (asked('--help') || command === 'help' || command === '-h') return print(`${USAGE}${optionsHelp()}`)
  if (asked('--version') || command === 'version') return print(`${version()}\n`)
  if (command === 'serve') return serve(words)
  process.stderr.write(command === '' ? USAGE : `There is no command "${command}".\n\n${USAGE}`)
  process.exitCode = 2
}

function check(words: readonly string[]): void {
  const read = readCheckWords(words)
  if (read.ask === 'help') print(CHECK_HELP)
  else if (read.ask === 'check') process.exitCode = runCheck(read.files, process.stdout, read.options)
  else {
    process.stderr.write(`check: ${read.mistake}\n\n${CHECK_HELP}`)
    process.exitCode = 2
  }
}

async function tryOut(words: readonly string[]): Promise<void> {
  process.exitCode = await runTry(words, {
    readBytes: (path) => readFileSync(path === '-' ? 0 : path),
    out: createStreamOutput(process.stdout),
    err: createStreamOutput(process.stderr),
  })
}

async function importFrom4x(words: readonly string[]): Promise<void> {
  process.exitCode = await runImport(words, {
    readFile: (path) => readFileSync(path, 'utf8'),
    writeFile: (path, text) => writeFileSync(path, text),
    out: createStreamOutput(process.stdout),
    err: createStreamOutput(process.stderr),
  })
}

async function register(words: readonly string[]): Promise<void> {
  const ending = endedBySignals()
  process.exitCode = await runRegister(words, {
    env: process.env,
    readFile: (path) => readFileSync(path, 'utf8'),
    out: createStreamOutput(process.stdout),
    err: createStreamOutput(process.stderr),
    signal: ending.signal,
  })
}

/** Ctrl-C and SIGTERM end a command in good order; a second one ends it at once. */
function endedBySignals(): AbortController {
  const ending = new AbortController()
  const onSignal = () => (ending.signal.aborted ? process.exit(1) : ending.abort())
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  return ending
}

/** A reader that has seen enough ends it too. */
async function lookIntoKafka(command: 'tail' | 'dead-letters', words: readonly string[]): Promise<void> {
  const ending = endedBySignals()
  const exitCode = await runKafkaCommand(command, words, {
    env: process.env,
    readFile: (path) => readFileSync(path, 'utf8'),
    out: createStreamOutput(process.stdout, () => ending.abort()),
    err: createStreamOutput(process.stderr),
    signal: ending.signal,
    createLog: ({ level }) => pino({ level, base: null }, pino.destination({ fd: 2, sync: true })),
  })
  // All that was printed is written; a broker that does not answer is not waited for.
  process.exit(exitCode)
}

async function serve(argv: readonly string[]): Promise<void> {
  const readFile = (path: string) => readFileSync(path, 'utf8')
  const sources = { argv, env: process.env, readFile }
  if (argv.includes('--print-config')) {
    const config = orMistakes(() => loadConfig(sources))
    if (config !== null) print(printConfig(config))
    return
  }
  const loaded = orMistakes(() => loadAll(sources))
  if (loaded === null) return
  const { config, rules, certificates } = loaded

  const log = pino({ level: config.log.level, base: null, timestamp: pino.stdTimeFunctions.isoTime })
  const { tlsCaFile } = config.kafka
  const app = createApp(config, {
    rules,
    certificates,
    log,
    version: version(),
    ...(tlsCaFile !== null && { kafkaCa: readFile(tlsCaFile) }),
  })

  let stopping = false
  async function stop(exitCode: number): Promise<void> {
    stopping = true
    await app.stop()
    process.exit(exitCode)
  }
  function onSignal(signal: NodeJS.Signals): void {
    if (stopping) {
      const { queued } = app.ledger()
      const fate = config.queue.disk.path === null ? 'is lost' : 'and is not on disk yet is lost'
      log.error({ signal, queued }, `stopped at once by a second signal: what was queued ${fate}`)
      process.exit(1)
    }
    log.info({ signal }, 'signal received')
    void stop(0)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on('SIGHUP', () => {
    log.info({ signal: 'SIGHUP' }, 'signal received: reading the rules and the certificates')
    app.reload()
  })
  process.on('unhandledRejection', (error) =>
    log.error({ err: error }, 'a promise failed unobserved: a fault of ours'),
  )
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'a fault of ours: stopping')
    if (!stopping) void stop(1)
  })

  try {
    await app.start()
  } catch (error) {
    log.fatal({ error: error instanceof Error ? error.message : String(error) }, 'the start failed')
    process.exit(1)
  }
}

/** Runs what reads a user's files; prints their mistakes, one a line, and sets the exit code. */
function orMistakes<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
    return null
  }
}

function version(): string {
  const file = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')
  return (JSON.parse(file) as { readonly version: string }).version
}

function print(text: string): void {
  process.stdout.write(text)
}
