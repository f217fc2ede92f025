import { fork } from 'node:child_process'
import type { FromWorker, WorkerProcess } from './messages.ts'

/** The hidden command of a worker. */
export const WORKER_COMMAND = 'worker'

/** Starts a worker by the same program; it logs to our standard output. */
export function forkWorker(program: string): WorkerProcess {
  // `advanced`: messages are copied as they are, not by way of JSON.
  const child = fork(program, [WORKER_COMMAND], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  // Each failed send is told to its sender.
  child.on('error', () => {})
  return {
    pid: child.pid,
    send: (message, connection) =>
      new Promise((resolve) => {
        if (!child.connected) resolve(false)
        else child.send(message, connection, {}, (error) => resolve(error === null))
      }),
    onMessage: (listener) => void child.on('message', (message) => listener(message as FromWorker)),
    onExit(listener) {
      if (child.pid === undefined) setImmediate(listener, null, null)
      // Not `exit`, which may come before its last messages.
      else child.once('close', listener)
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
