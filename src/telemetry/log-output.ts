import { writeSync } from 'node:fs'

/** Where the lines of the log go. */
export interface LogOutput {
  /**
   * Takes a line that ends with a line end. Never throws, and waits for nobody: a line that cannot be written is lost, and counted in
   * a line of its own as soon as there can be one.
   */
  write(line: string): void
  /** Writes what still waits, for as long as `endMs`. For the very end of the process: nothing else goes on meanwhile. */
  end(): void
}

export interface LogOutputConfig {
  /** Of standard output or standard error. Where it is a pipe it must not block: Node.js sees to that for `process.stdout`. */
  readonly fd: number
  /** So much waits for a reader that is slow; further lines are lost. Default: 1 MiB. */
  readonly maxWaitingBytes?: number
  /** Default: 1 s. */
  readonly endMs?: number
}

interface Waiting {
  bytes: Buffer
  /** How many lines are lost when this one is. */
  readonly lines: number
}

/** The reader has no room now. */
const SLOW = new Set(['EAGAIN', 'EBUSY', 'EINTR'])
const RETRY_MS = 50
const END_RETRY_MS = 10
const WARN = 40

/**
 * A log that can fail without harm: the reader of a pipe is gone (EPIPE) or reads nothing (EAGAIN), the disk is full (ENOSPC). pino's own
 * output tries for ever to write the last lines, and a process whose log is broken would never end.
 */
export function createLogOutput(config: LogOutputConfig): LogOutput {
  const { fd, maxWaitingBytes = 1024 * 1024, endMs = 1000 } = config
  let waiting: Waiting[] = []
  let waitingBytes = 0
  let lost = 0
  /** A line was cut in the middle. */
  let torn = false
  let retry: NodeJS.Timeout | null = null

  function push(text: string, lines: number): void {
    const bytes = Buffer.from(torn && waiting.length === 0 ? `\n${text}` : text)
    waiting.push({ bytes, lines })
    waitingBytes += bytes.length
  }

  /** False: there is nothing more to be done now. */
  function writeFirst(first: Waiting): boolean {
    try {
      const written = writeSync(fd, first.bytes)
      waitingBytes -= written
      torn = written < first.bytes.length
      if (torn) first.bytes = first.bytes.subarray(written)
      else waiting.shift()
      return true
    } catch (error) {
      if (SLOW.has(String((error as NodeJS.ErrnoException).code))) {
        retry ??= setTimeout(onRetry, RETRY_MS).unref()
        return false
      }
      // A disk may get room again, and a named pipe a reader: the next line is tried.
      lost += waiting.reduce((sum, { lines }) => sum + lines, 0)
      waiting = []
      waitingBytes = 0
      return false
    }
  }

  function drain(): void {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      if (!writeFirst(first)) return
      if (waiting.length > 0 || lost === 0) continue
      push(`${JSON.stringify({ level: WARN, time: new Date().toISOString(), lost, msg: LOST })}\n`, lost)
      lost = 0
    }
  }

  function onRetry(): void {
    retry = null
    drain()
  }

  return {
    write(line) {
      if (waitingBytes + line.length > maxWaitingBytes) lost++
      else push(line, 1)
      if (retry === null) drain()
    },
    end() {
      const until = performance.now() + endMs
      drain()
      while (waiting.length > 0 && performance.now() < until) {
        Atomics.wait(PAUSE, 0, 0, END_RETRY_MS)
        drain()
      }
    },
  }
}

const LOST = 'so many lines of this log could not be written and are lost'
const PAUSE = new Int32Array(new SharedArrayBuffer(4))
