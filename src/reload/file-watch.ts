import { type FSWatcher, watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createSleeper } from '../delivery/sleeper.ts'
import { digestOf } from './load-fitted-rules.ts'
import { watchedDirectories } from './watched-directories.ts'

/** What stands in the file, or that it cannot be read. */
export interface FileReading {
  /** The same for the same bytes, or for the same reason why there are none. */
  readonly digest: string
  /** The bytes; throws what reading them threw. */
  readonly read: () => Uint8Array
}

/**
 * Tells when a file has got other contents: whether it was written in place, in several steps, renamed over, deleted, or
 * reached by a symlink that was swapped, as a ConfigMap's is, or that leads elsewhere. Its directory may go and come back.
 *
 * The directories of the file and of the symlinks to it are watched, and the file is looked at now and then in any case, for file
 * systems that tell nothing. Only contents that stayed the same over a pause are told, so half of a file is not, unless its writer
 * rests for longer. Nothing is told twice.
 */
export interface FileWatch {
  /** Begins with a look. Returns at once; call it once. */
  start(): void
  /** Tells the contents soon, also when they are the same. Gives the number of this wish, from 1. */
  look(): number
  /** Nothing is told from now on. Safe twice and without start. */
  stop(): void
}

export interface FileWatchConfig {
  readonly path: string
  /** What is known of it already; what differs from that is told. */
  readonly digest: string
  /** How long contents have to stay the same; the reaction to a change takes twice that. Default: 200 ms. */
  readonly settleMs?: number
  /** Looked at in any case. Default: 30 s. */
  readonly pollMs?: number
  /** The same while one of the directories cannot be watched. Default: 1 s. */
  readonly unwatchedPollMs?: number
}

export interface FileWatchDeps {
  /**
   * `answered`: the wishes up to this number were there before the file was read. Must not throw. Nothing more is told until what it
   * gives has resolved.
   */
  readonly onSettled: (reading: FileReading, answered: number) => void | Promise<void>
}

export function createFileWatch(config: FileWatchConfig, deps: FileWatchDeps): FileWatch {
  const { settleMs = 200, pollMs = 30_000, unwatchedPollMs = 1000 } = config
  const sleeper = createSleeper()
  let told = config.digest
  let wishes = 0
  let answered = 0
  let noticed = false
  let resting = false
  let stopped = false
  let watchers: readonly FSWatcher[] = []
  let allWatched = false

  function onEvent(): void {
    noticed = true
    if (resting) sleeper.wake()
  }

  function unwatch(): void {
    for (const watcher of watchers) watcher.close()
    watchers = []
  }

  /** Anew each time: a watch stays with a directory that was deleted or moved, and says nothing more. */
  function watchAll(directories: readonly string[]): void {
    unwatch()
    watchers = directories.flatMap((directory) => {
      try {
        return [watch(directory, { persistent: false }, onEvent).on('error', onEvent)]
      } catch {
        // It is not there, or the system has no watch left.
        return []
      }
    })
    allWatched = watchers.length === directories.length
  }

  async function loop(): Promise<void> {
    /** What the look before this one found, when it was news. */
    let before: string | null = null
    while (!stopped) {
      const directories = await watchedDirectories(config.path)
      if (stopped) return
      // Watched before it is read: no change is missed in between.
      watchAll(directories)
      noticed = false
      const heard = wishes
      const reading = await readingOf(config.path)
      // A symlink that was swapped before it was watched leads elsewhere now.
      if (String(await watchedDirectories(config.path)) !== String(directories)) noticed = true
      if (stopped) return
      if (heard > answered || reading.digest !== told) {
        if (reading.digest !== before) {
          before = reading.digest
          await sleeper.sleep(settleMs)
          continue
        }
        answered = heard
        told = reading.digest
        await deps.onSettled(reading, answered)
      }
      before = null
      await rest()
    }
  }

  async function rest(): Promise<void> {
    if (!noticed && wishes === answered) {
      resting = true
      await sleeper.sleep(allWatched ? pollMs : unwatchedPollMs)
      resting = false
    }
    // A change is rarely alone, and others may write to the directory all the time.
    if (noticed && !stopped) await sleeper.sleep(settleMs)
  }

  return {
    start() {
      if (!stopped) void loop()
    },
    look() {
      wishes++
      if (resting) sleeper.wake()
      return wishes
    },
    stop() {
      stopped = true
      unwatch()
      sleeper.wake()
    },
  }
}

async function readingOf(path: string): Promise<FileReading> {
  try {
    const bytes = await readFile(path)
    return { digest: digestOf(bytes), read: () => bytes }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return {
      digest: `unreadable: ${code}`,
      read() {
        throw error
      },
    }
  }
}
