import { type Logger, pino } from 'pino'

export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly [field: string]: unknown
}

/** A real pino logger whose lines are kept. */
export function createLogRecorder(level = 'info'): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const log = pino({ level }, { write: (text: string) => void lines.push(JSON.parse(text) as LogLine) })
  return { log, lines }
}

/** A logger that says nothing. */
export const quietLog: Logger = pino({ level: 'silent' })
