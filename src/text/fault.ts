/** What may be said of an error that nobody expected. */
export interface Fault {
  /** The error's own name, with its code where it has one: `TypeError ERR_INVALID_ARG_TYPE`. */
  readonly error: string
  /** Where it was thrown, the innermost call first; then of its cause, and so on. */
  readonly at: readonly string[]
}

const MAX_CAUSES = 5

/** An error's name and where it was thrown. Not its message and its fields, which may quote a payload or a secret. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { error: typeof error, at: [] }
  const at: string[] = framesOf(error)
  let { cause } = error
  for (let depth = 0; cause instanceof Error && depth < MAX_CAUSES; depth++) {
    at.push(`caused by ${nameOf(cause)}`, ...framesOf(cause))
    cause = cause.cause
  }
  return { error: nameOf(error), at }
}

/** The same as text over several lines, for a terminal. */
export function faultText(error: unknown): string {
  const { error: name, at } = faultOf(error)
  return [name, ...at.map((line) => `    ${line}`)].join('\n')
}

function nameOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException
  return [error.name, code].filter(isWord).join(' ') || 'Error'
}

const isWord = (text: unknown): boolean => typeof text === 'string' && /^[\w$.]{1,60}$/.test(text)

/** The lines of the stack behind the message, which may hold lines itself. */
function framesOf({ stack = '', message }: Error): string[] {
  const begin = stack.indexOf(message)
  if (begin === -1) return []
  return stack
    .slice(begin + message.length)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
}
