import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** A server under test in a process of its own. */
export interface ServerProcess {
  readonly port: number
  readonly pid: number
  /** SIGTERM, then waits for its end; resolves to its exit code. */
  stop(): Promise<number | null>
}

/**
 * Starts `node <args>` and waits for the first line of JSON on its standard output in which `portOf` finds a port.
 * The child ends with this process.
 */
export async function startServer(
  args: readonly string[],
  portOf: (line: Record<string, unknown>) => number | undefined,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const killWithUs = () => void child.kill('SIGKILL')
  process.once('exit', killWithUs)
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const port = await Promise.race([firstPort(child, portOf), ended.then(() => undefined)])
  if (port === undefined || child.pid === undefined) throw new Error(`${args[0]} ended before it listened`)
  return {
    port,
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM')
      const code = await ended
      process.off('exit', killWithUs)
      return code
    },
  }
}

function firstPort(
  child: ChildProcess,
  portOf: (line: Record<string, unknown>) => number | undefined,
): Promise<number> {
  return new Promise((resolve) => {
    if (child.stdout === null) return
    createInterface(child.stdout).on('line', (text) => {
      const port = portOf(JSON.parse(text) as Record<string, unknown>)
      if (port !== undefined) resolve(port)
    })
  })
}
