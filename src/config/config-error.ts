/** One mistake in a file a user wrote, with its place and its fix. */
export interface Mistake {
  /** The file's name as the user gave it; absent for environment variables and flags, which are named in the message. */
  readonly file?: string
  /** Both from 1. */
  readonly line?: number
  readonly column?: number
  /** What is wrong, and the fix. */
  readonly message: string
  /** It is about the words of a command line, not about what they say: an unknown flag, a value that is missing. */
  readonly ofWords?: true
}

/** A mistake in the words of a command line. */
export const wordMistake = (message: string): Mistake => ({ message, ofWords: true })

/** `file:line:column: message`, as compilers print it. */
export function formatMistake(mistake: Mistake): string {
  const place = [mistake.file, mistake.line, mistake.column].filter((part) => part !== undefined).join(':')
  return place === '' ? mistake.message : `${place}: ${mistake.message}`
}

/** Every mistake of a configuration or of a rule file at once; the program does not start with one. */
export class ConfigError extends Error {
  readonly mistakes: readonly Mistake[]

  constructor(mistakes: readonly Mistake[]) {
    super(mistakes.map(formatMistake).join('\n'))
    this.name = 'ConfigError'
    this.mistakes = mistakes
  }
}
