import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { guardChild } from '../../test/support/child-guard.ts'
import type { ProbeOrder, RuntimeSpan } from './runtime-probe.ts'

/** A server under test in a process of its own, which ends with this one. */
export interface ServerProcess {
  readonly port: number
  readonly pid: number
  /** The line of JSON that told the port. */
  readonly line: Readonly<Record<string, unknown>>
  /** Begins a span of which `endSpan` tells; a CPU profile of it too, if wanted. Nothing when it is no Node server. */
  beginSpan(profile?: boolean): void
  /** What the server's runtime did since `beginSpan`; null when it is no Node server. */
  endSpan(profileTo?: string): Promise<RuntimeSpan | null>
  /** SIGTERM, then waits for its end; SIGKILL when that takes longer than it may. Resolves to the exit code. Safe twice. */
  stop(): Promise<number | null>
}

const STOP_WITHIN_MS = 40_000
const PROBE = new URL('runtime-probe.ts', import.meta.url).href

/** Starts `node <args>` with the probe in it. */
export const startNodeServer = (args: readonly string[]): Promise<ServerProcess> =>
  startServer([process.execPath, '--import', PROBE, ...args], true)

/**
 * Starts a server and waits for the first line of JSON on its standard output that tells a port: `port`, or `grpc` as in our
 * own log.
 * @throws Error when it ends before.
 */
export async function startServer(command: readonly string[], withProbe = false): Promise<ServerProcess> {
  const [program = '', ...args] = command
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit', ...(withProbe ? ['ipc' as const] : [])],
  })
  guardChild(child)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('exit', resolve)
    child.once('error', reject)
  })
  const line = await Promise.race([firstPort(child), ended.then(() => undefined)])
  const port = line === undefined ? undefined : portOf(line)
  if (line === undefined || port === undefined || child.pid === undefined)
    throw new Error(`${args[0] ?? program} ended before it listened`)
  const order = (what: ProbeOrder) => void child.send(what)
  return {
    port,
    pid: child.pid,
    line,
    beginSpan(profile = false) {
      if (withProbe) order({ probe: 'begin', profile })
    },
    async endSpan(profileTo) {
      if (!withProbe) return null
      const answer = new Promise<RuntimeSpan>((resolve) =>
        child.once('message', (said) => resolve((said as { span: RuntimeSpan }).span)),
      )
      order({ probe: 'end', profileTo: profileTo ?? null })
      return Promise.race([answer, ended.then(() => Promise.reject(new Error('the server has ended')))])
    },
    async stop() {
      child.kill('SIGTERM')
      const patience = new AbortController()
      void sleep(STOP_WITHIN_MS, null, { signal: patience.signal }).then(
        () => child.kill('SIGKILL'),
        () => {},
      )
      const code = await ended
      patience.abort()
      return code
    },
  }
}

const portOf = ({ port, grpc }: Readonly<Record<string, unknown>>): number | undefined =>
  typeof port === 'number' ? port : typeof grpc === 'string' ? Number(grpc.split(':').at(-1)) : undefined

function firstPort(child: ChildProcess): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    if (child.stdout === null) return
    createInterface(child.stdout).on('line', (text) => {
      const line = parsed(text)
      if (line !== undefined && portOf(line) !== undefined) resolve(line)
    })
  })
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined // a peer may say what it likes
  }
}
