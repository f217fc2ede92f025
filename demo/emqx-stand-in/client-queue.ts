/** One client's work, one piece at a time, in the order it came: what EMQX gets from its process for each client. */
export interface ClientQueue {
  /** `task` starts when all before it have ended; it must not reject. */
  run(task: () => Promise<void>): void
  /** When everything that is in it now has ended. */
  idle(): Promise<void>
}

export function createClientQueue(): ClientQueue {
  let last: Promise<void> = Promise.resolve()
  return {
    run(task) {
      last = last.then(task)
    },
    idle: () => last,
  }
}
