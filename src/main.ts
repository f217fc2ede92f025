import { readFileSync, realpathSync, statSync } from 'node:fs'
import type { Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { type App, createApp } from './app.ts'
import { runCheck } from './cli/check.ts'
import { CHECK_HELP, readCheckWords } from './cli/check-words.ts'
import { runImport } from './cli/import-4x.ts'
import { runKafkaCommand } from './cli/kafka-commands.ts'
import { loadAll } from './cli/load-all.ts'
import { tellMistakes } from './cli/mistakes.ts'
import { runRegister } from './cli/register.ts'
import { createStreamOutput } from './cli/stream-output.ts'
import { runTry } from './cli/try.ts'
import type { Config } from './config/config.ts'
import { ConfigError } from './config/config-error.ts'
import { helpText as optionsHelp } from './config/describe-options.ts'
import { exposedFiles, type LookAtFile } from './config/exposed-files.ts'
import { flagOf } from './config/from-flags.ts'
import { loadConfig } from './config/load-config.ts'
import { printConfig } from './config/print-config.ts'
import { secretValues } from './config/secret-values.ts'
import { fitRules } from './reload/load-fitted-rules.ts'
import { createLogOutput, type LogOutput } from './telemetry/log-output.ts'
import { suggestion } from './text/did-you-mean.ts'
import { faultOf, faultText } from './text/fault.ts'
import { quoted } from './text/quoted.ts'
import { createRedactor } from './text/redactor.ts'
import { certificateFilesOf, readCertificates } from './tls/certificates.ts'
import { forkWorker, WORKER_COMMAND } from './workers/fork-worker.ts'
import type { Begin, PrimaryLink, ToWorker } from './workers/messages.ts'
import { createPrimary } from './workers/primary.ts'
import { runWorker } from './workers/run-worker.ts'

const USAGE = `exhook-kafka: EMQX's hook events to Kafka

  exhook-kafka serve --config config.yaml --rules rules.yaml   run the server
  exhook-kafka check rules.yaml …                              check rule files and run their tests (check --help)
  exhook-kafka try rules.yaml event.json                       what the rules make of an event (try --help)
  exhook-kafka tail <Kafka topic> …                            print records as they come (tail --help)
  exhook-kafka dead-letters list|watch|redrive …               what Kafka refused (dead-letters --help)
  exhook-kafka register --emqx http://… --url http://…         tell EMQX of this server (register --help)
  exhook-kafka import-4x emqx_bridge_kafka.conf …              EMQX 4.x Enterprise's Kafka bridge as rules (import-4x --help)
  exhook-kafka --help | --version

Exit codes: 0 well; 1 a mistake in a file, a variable or the value of a flag, a failed start, or what Kafka or EMQX did not do; 2 no
such command, or words it cannot take; 3 registered, and EMQX is not connected.
`
const HELP = ['help', '--help', '-h']
const VERSION = ['version', '--version']
const COMMANDS = ['serve', 'check', 'try', 'tail', 'dead-letters', 'register', 'import-4x']

/** The program as a process: words, signals and exit codes are dealt with here and nowhere else. */
export async function main(): Promise<void> {
  // Somebody may ask Node.js for diagnostic reports; the environment, where secrets are, is left out of them.
  if (process.report !== undefined) process.report.excludeEnv = true
  process.on('uncaughtException', endByFault)
  // Whoever reads may have seen enough.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const [command = '', ...words] = asHelp(process.argv.slice(2))
  if (command === WORKER_COMMAND && process.send !== undefined) return serveAsWorker()
  if (command === 'tail' || command === 'dead-letters') return lookIntoKafka(command, words)
  if (command === 'register') return register(words)
  if (command === 'import-4x') return importFrom4x(words)
  if (command === 'check') return check(words)
  if (command === 'try') return tryOut(words)
  if (command === 'serve' && !asksFor(words, 'help', 'h')) {
    return asksFor(words, 'version') ? print(`${version()}\n`) : serve(words)
  }
  const isHelp = HELP.includes(command) || command === 'serve'
  const [extra] = command === 'serve' ? [] : words.filter((word) => !isHelp || !HELP.includes(word))
  if ((isHelp || VERSION.includes(command)) && extra !== undefined) {
    process.stderr.write(`${quoted(extra)} is not expected here\n\n${USAGE}`)
    process.exitCode = 2
    return
  }
  if (isHelp) return print(serveHelp())
  if (VERSION.includes(command)) return print(`${version()}\n`)
  const hint = `there is no command ${quoted(command)}${suggestion(command, COMMANDS)}\n\n`
  process.stderr.write(command === '' ? USAGE : `${hint}${USAGE}`)
  process.exitCode = 2
}

/** Node.js itself would print the error whole, and what it quotes. */
function endByFault(error: unknown): never {
  process.stderr.write(`exhook-kafka: a fault of ours: ${faultText(error)}\n`)
  process.exit(1)
}

/** `help tail` and `--help tail` are `tail --help`. */
function asHelp([command = '', ...words]: readonly string[]): readonly string[] {
  const [about = '', ...others] = words
  return HELP.includes(command) && COMMANDS.includes(about)
    ? [about, '--help', ...others]
    : [command, ...words]
}

/** By one dash or two, as any other flag of `serve`; what has a value is refused later. */
const asksFor = (words: readonly string[], ...names: readonly string[]): boolean =>
  words.some((word) => {
    const { name, inline } = flagOf(word)
    return name !== undefined && inline === undefined && names.includes(name)
  })

const serveHelp = (): string => `${USAGE}\nOptions of serve:\n\n${optionsHelp()}`

async function check(words: readonly string[]): Promise<void> {
  const read = readCheckWords(words)
  if (read.ask === 'help') print(CHECK_HELP)
  else if (read.ask === 'check') process.exitCode = runCheck(read.files, process.stdout, read.options)
  else
    process.exitCode = await tellMistakes(
      read.mistakes,
      { command: 'check', words, help: CHECK_HELP },
      createStreamOutput(process.stderr),
    )
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
    readBytes: (path) => readFileSync(path),
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
    createLog: ({ level }, redact) =>
      pino({ level, base: null, hooks: { streamWrite: redact } }, logTo(process.stderr)),
  })
  // All that was printed is written; a broker that does not answer is not waited for.
  process.exit(exitCode)
}

async function serve(argv: readonly string[]): Promise<void> {
  const readFile = (path: string) => readFileSync(path, 'utf8')
  const sources = { argv, env: process.env, readFile }
  if (asksFor(argv, 'print-config')) {
    const config = await orMistakes(argv, () => loadConfig(sources))
    if (config !== null) print(printConfig(config))
    return
  }
  const loaded = await orMistakes(argv, () => loadAll(sources))
  if (loaded === null) return
  const { config, rules, certificates } = loaded

  const log = createLog(config)
  for (const exposed of exposedFiles(config, LOOK_AT_FILE)) log.warn(exposed, EXPOSED)
  const count = config.workers === 'auto' ? availableParallelism() : Number(config.workers)
  const fork = () => forkWorker(process.argv[1] ?? '')
  const program: Program =
    count > 1
      ? createPrimary(config, { count, fork, rules, log, version: version() })
      : createApp(config, { rules, certificates, log, version: version(), readFile })

  let stopping = false
  async function stop(exitCode: number): Promise<void> {
    stopping = true
    try {
      await program.stop()
    } catch (error) {
      log.fatal(faultOf(error), 'the stop failed: a fault of ours')
      process.exit(1)
    }
    process.exit(exitCode)
  }
  function onSignal(signal: NodeJS.Signals): void {
    if (stopping) {
      const { queued } = program.ledger()
      const fate = config.queue.disk.path === null ? 'is lost' : 'and is not on disk yet is lost'
      log.error({ signal, queued }, `stopped at once by a second signal: what was queued ${fate}`)
      program.kill?.()
      process.exit(1)
    }
    log.info({ signal }, 'signal received')
    void stop(0)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on('SIGHUP', () => {
    log.info({ signal: 'SIGHUP' }, 'signal received: reading the rules and the certificates')
    void program.reload()
  })
  watchFaults(log, () => {
    if (!stopping) void stop(1)
  })

  try {
    await program.start()
  } catch (error) {
    log.fatal({ error: error instanceof Error ? error.message : String(error) }, 'the start failed')
    process.exit(1)
  }
}

/** What serves: one process, or the first of several. */
interface Program extends Pick<App, 'start' | 'stop' | 'ledger'> {
  reload(): Promise<unknown>
  /** Ends the other processes at once. */
  kill?(): void
}

/** One worker: led by the process that has started it, which deals with signals. */
function serveAsWorker(): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {})
  const link: PrimaryLink = {
    send: (message) =>
      new Promise((resolve) => {
        if (process.connected) process.send?.(message, undefined, {}, () => resolve())
        else resolve()
      }),
    onMessage: (listener) =>
      void process.on('message', (message, socket) =>
        listener(message as ToWorker, socket as Socket | undefined),
      ),
    onGone: (listener) => void process.once('disconnect', listener),
  }
  process.once('message', (message) => {
    const begin = message as Begin
    const { config, index } = begin
    const log = createLog(config).child({ worker: index })
    const readFile = (path: string) => readFileSync(path, 'utf8')
    const files = certificateFilesOf(config.grpc)
    const worker = runWorker(begin, link, {
      build: (part) =>
        createApp(config, {
          rules: fitRules(begin.rules, config),
          certificates: files && readCertificates(files, readFile),
          ...{ log, readFile, part, version: version() },
        }),
      onEnd: (exitCode) => process.exit(exitCode),
    })
    watchFaults(log, () => {
      void worker.then((running) => running?.stop()).then(() => process.exit(1))
    })
  })
}

const createLog = (config: Config): Logger =>
  pino(
    {
      level: config.log.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      hooks: { streamWrite: createRedactor(secretValues(config)) },
    },
    logTo(process.stdout),
  )

/** `end`: after a fault that nobody caught, nothing is certain any more. */
function watchFaults(log: Logger, end: () => void): void {
  process.on('unhandledRejection', (error) =>
    log.error(faultOf(error), 'a promise failed unobserved: a fault of ours'),
  )
  process.off('uncaughtException', endByFault)
  process.on('uncaughtException', (error) => {
    log.fatal(faultOf(error), 'a fault of ours: stopping')
    end()
  })
}

const EXPOSED = 'every user of this machine may read this file, which holds a secret: chmod o-r'

const LOOK_AT_FILE: LookAtFile = {
  mode: (path) => statSync(path).mode,
  realPath: (path) => realpathSync(path),
}

/** Runs what reads a user's words and files; prints their mistakes, one a line, and sets the exit code. */
async function orMistakes<T>(words: readonly string[], read: () => T): Promise<T | null> {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const given = { command: 'serve', words, help: '' }
    process.exitCode = await tellMistakes(error.mistakes, given, createStreamOutput(process.stderr))
    return null
  }
}

/** Asked for its number, Node.js opens the stream, and a pipe does not block from then on. */
function logTo({ fd }: { readonly fd: number }): LogOutput {
  const output = createLogOutput({ fd })
  process.on('exit', output.end)
  return output
}

function version(): string {
  const file = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')
  return (JSON.parse(file) as { readonly version: string }).version
}

function print(text: string): void {
  process.stdout.write(text)
}
