/** Ends what was started, the last first, whatever happens in between. */
export interface ClearAway {
  /** What `end` does has to be safe twice, and on what is gone already. */
  later(end: () => Promise<unknown>): void
  now(): Promise<void>
}

export function createClearAway(): ClearAway {
  const ends: (() => Promise<unknown>)[] = []
  return {
    later: (end) => void ends.push(end),
    async now() {
      for (let end = ends.pop(); end !== undefined; end = ends.pop()) await end().catch(() => {})
    },
  }
}

/** On Ctrl-C and on SIGTERM everything is cleared away before the process ends. */
export function clearAwayOnSignal(clearAway: ClearAway): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      console.log('interrupted: clearing away')
      clearAway.now().finally(() => process.exit(130))
    })
  }
}
