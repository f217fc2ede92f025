import { formatMistake, type Mistake } from '../config/config-error.ts'
import type { CommandOutput } from './stream-output.ts'

/**
 * The exit code of every command after mistakes: 2 when one is about the words themselves (no such command or flag, a word missing or too
 * many, a flag twice, without a value, or with one where it takes none, a secret in a flag), else 1: what they say is wrong, or a file
 * or a variable.
 */
export const exitCodeOf = (mistakes: readonly Mistake[]): 1 | 2 =>
  mistakes.some(({ ofWords }) => ofWords) ? 2 : 1

/** The command that was given, and what to show of it. */
export interface Given {
  /** As `dead-letters`. */
  readonly command: string
  /** The words after it. */
  readonly words: readonly string[]
  readonly help: string
}

/**
 * Prints the mistakes, one a line; where the words themselves are wrong, also where to read what the command takes, or all of
 * that to somebody who gave none. Gives the exit code.
 */
export async function tellMistakes(
  mistakes: readonly Mistake[],
  { command, words, help }: Given,
  err: CommandOutput,
): Promise<1 | 2> {
  const code = exitCodeOf(mistakes)
  const pointer =
    words.length === 0 ? `\n${help}` : `\`exhook-kafka ${command} --help\` tells what it takes\n`
  const lines = mistakes.map((mistake) => `${formatMistake(mistake)}\n`)
  await err.print(`${lines.join('')}${code === 2 ? pointer : ''}`)
  return code
}
