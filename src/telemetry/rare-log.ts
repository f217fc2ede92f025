import type { Logger } from 'pino'

/** Logs what could happen with every message: a line at once, then at most one in `everyMs` for each `topic`. */
export type RareLog = (topic: string, level: 'warn' | 'error', fields: object, message: string) => void

/** The next line about the same topic tells, as `more`, how many were left unsaid in between. */
export function createRareLog(log: Logger, everyMs: number): RareLog {
  const last = new Map<string, { atMs: number; unsaid: number }>()
  return (topic, level, fields, message) => {
    const nowMs = performance.now()
    const earlier = last.get(topic)
    if (earlier !== undefined && nowMs - earlier.atMs < everyMs) {
      earlier.unsaid++
      return
    }
    const more = earlier?.unsaid ?? 0
    last.set(topic, { atMs: nowMs, unsaid: 0 })
    log[level](more > 0 ? { ...fields, more } : fields, message)
  }
}
