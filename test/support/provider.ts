import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { guardChild } from './child-guard.ts'
import type { LogLine } from './quiet-log.ts'

/** The program itself, as a user runs it, in a process of its own. */
export interface ProviderProcess {
  readonly grpcPort: number
  readonly httpPort: number
  readonly pid: number
  /** Its log lines so far. */
  readonly lines: readonly LogLine[]
  /** What it wrote to standard output so far, to the byte. */
  readonly stdout: () => string
  /** What it wrote to standard error so far. */
  readonly stderr: () => string
  signal(signal: NodeJS.Signals): void
  /** Resolves to its exit code, or null when a signal ended it. */
  readonly ended: Promise<number | null>
  /** The same, and it need not have closed its outputs: for one whose reader has hung up. */
  readonly exited: Promise<number | null>
  /** Its standard output is read no more, as by `| head`. */
  hangUp(): void
  /** SIGTERM, and its end. */
  stop(): Promise<number | null>
}

const ROOT = join(import.meta.dirname, '..', '..')

/** Starts `exhook-kafka serve` with these flags, on free ports where they name none, and waits until it takes hook calls. */
export async function startProvider(
  flags: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly nodeFlags?: readonly string[] } = {},
): Promise<ProviderProcess> {
  const free = ['--grpc-port', '--http-port'].filter((flag) => !flags.some((given) => given.startsWith(flag)))
  const args = ['serve', ...free.map((flag) => `${flag}=0`), ...flags]
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), 'src/bin.ts', ...args], {
    cwd: ROOT,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a Ctrl-C in the terminal is for whoever started it
  })
  guardChild(child)
  const lines: LogLine[] = []
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text: Buffer) => {
    stdout += text
  })
  child.stderr.on('data', (text: Buffer) => {
    stderr += text
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const ready = await Promise.race([readyLine(child, lines), ended])
  if (ready === null || typeof ready === 'number' || child.pid === undefined) {
    throw new Error(`the provider ended before it was ready:\n${stderr}${JSON.stringify(lines)}`)
  }
  return {
    grpcPort: portOf(ready.grpc),
    httpPort: portOf(ready.http),
    pid: child.pid,
    lines,
    stdout: () => stdout,
    stderr: () => stderr,
    signal: (signal) => void child.kill(signal),
    ended,
    exited,
    hangUp: () => void child.stdout.destroy(),
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

function readyLine(child: ChildProcess, lines: LogLine[]): Promise<LogLine> {
  return new Promise((resolve) => {
    if (child.stdout === null) return
    createInterface(child.stdout).on('line', (text) => {
      const line = JSON.parse(text) as LogLine
      lines.push(line)
      if (line.msg === 'ready for hook calls') resolve(line)
    })
  })
}

const portOf = (address: unknown): number => Number(String(address).split(':').at(-1))

/** The value of one metric, summed over its labels; `labels` picks, e.g. `reason="queue_full"`. */
export async function metric(provider: ProviderProcess, name: string, labels = ''): Promise<number> {
  return (await scrape(provider)).value(name, labels)
}

/** The ledger as `/metrics` gives it, of one scrape, with whether it balances. */
export const ledgerOf = async (provider: ProviderProcess) => (await scrape(provider)).ledger

export type ProviderScrape = Awaited<ReturnType<typeof scrape>>

/** One scrape of `/metrics`: the ledger, and any other value of the same moment. */
export async function scrape(provider: ProviderProcess) {
  const text = await (await fetch(`http://127.0.0.1:${provider.httpPort}/metrics`)).text()
  const ledger = {
    calls: sumOf(text, 'exhook_calls_total'),
    matched: sumOf(text, 'exhook_calls_matched_total'),
    unmatched: sumOf(text, 'exhook_calls_unmatched_total'),
    refused: sumOf(text, 'exhook_calls_refused_total'),
    records: sumOf(text, 'exhook_records_total'),
    recovered: sumOf(text, 'exhook_records_recovered_total'),
    delivered: sumOf(text, 'exhook_records_delivered_total'),
    deadLettered: sumOf(text, 'exhook_records_dead_lettered_total'),
    dropped: sumOf(text, 'exhook_records_dropped_total'),
    queued: sumOf(text, 'exhook_queue_records'),
  }
  // Of workers that have died; a single process has none.
  const left = sumOf(text, 'exhook_records_left_total')
  const balanced =
    ledger.calls === ledger.matched + ledger.unmatched + ledger.refused &&
    ledger.records + ledger.recovered ===
      ledger.delivered + ledger.deadLettered + ledger.dropped + ledger.queued + left
  return {
    ledger: { ...ledger, balanced },
    /** The value of a metric, summed over its labels; `labels` picks, e.g. `reason="queue_full"`. */
    value: (name: string, labels = '') => sumOf(text, name, labels),
  }
}

function sumOf(text: string, name: string, labels = ''): number {
  let sum = 0
  for (const line of text.split('\n')) {
    if (!line.startsWith(`${name} `) && !line.startsWith(`${name}{`)) continue
    if (line.includes(labels)) sum += Number(line.slice(line.lastIndexOf(' ') + 1))
  }
  return sum
}
