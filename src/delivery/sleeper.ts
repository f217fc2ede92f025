/** A pause that can be cut short. One sleeps at a time. */
export interface Sleeper {
  /** Resolves after `ms`, or at the next `wake`. */
  sleep(ms: number): Promise<void>
  wake(): void
}

export function createSleeper(): Sleeper {
  let end: (() => void) | undefined

  return {
    sleep: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => end?.(), ms)
        end = () => {
          end = undefined
          clearTimeout(timer)
          resolve()
        }
      }),
    wake: () => end?.(),
  }
}
