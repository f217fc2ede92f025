import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { guardChild } from '../child-guard.ts'
import { javaCommand } from './java.ts'

/** What every Java process of a node needs. */
export interface JavaLaunch {
  readonly classpath: string
  /** Holds `server.properties` and the data; removed when this process dies without stopping Kafka. */
  readonly folder: string
  readonly onLog: (line: string) => void
}

const HEAP = ['-Xms128m', '-Xmx512m']

/** A single node on two cores: the small collector, and no helper threads for nothing. */
const BROKER_FLAGS = ['-XX:+UseSerialGC', '-XX:-UsePerfData', '-Xshare:auto', '-Djava.awt.headless=true']

/** Kafka logs warnings and errors only. */
const QUIET = [
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showShortLogName=true',
]

/** Writes the node's identity into its empty data folder, as a new KRaft node needs it. */
export async function formatStorage(launch: JavaLaunch, clusterId: string): Promise<void> {
  const said: string[] = []
  const args = ['format', '--cluster-id', clusterId, '--config', join(launch.folder, 'server.properties')]
  const child = startJava(
    { ...launch, onLog: (line) => said.push(line) },
    ['-XX:TieredStopAtLevel=1', ...BROKER_FLAGS],
    ['kafka.tools.StorageTool', ...args],
  )
  const end = await exitOf(child)
  if (end !== 'exit code 0') throw new Error(`Kafka's StorageTool failed (${end}):\n${said.join('\n')}`)
}

/** Starts the node. It is up some seconds later. */
export function spawnBroker(launch: JavaLaunch, jvmFlags: readonly string[]): ChildProcess {
  return startJava(
    launch,
    [...HEAP, ...BROKER_FLAGS, ...jvmFlags],
    ['kafka.Kafka', join(launch.folder, 'server.properties')],
  )
}

/** Waits until a process is gone (reaped, not merely signalled) and says how it ended. */
export function exitOf(child: ChildProcess): Promise<string> {
  const end = (code: number | null, signal: string | null) => signal ?? `exit code ${code}`
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve(end(child.exitCode, child.signalCode))
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(end(code, signal)))
  })
}

function startJava(launch: JavaLaunch, flags: readonly string[], main: readonly string[]): ChildProcess {
  const child = spawn(javaCommand(), ['-cp', launch.classpath, ...QUIET, ...flags, ...main], {
    cwd: launch.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a Ctrl-C in the terminal must not end Kafka before its clients
  })
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', launch.onLog)
  }
  guardChild(child, { folder: launch.folder })
  return child
}
