import { createHash, timingSafeEqual } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { Logger } from 'pino'
import type { HttpConfig } from '../config/config.ts'
import { token as tokenFormat } from '../config/formats.ts'
import { readSecretText, type SecretText } from '../config/values.ts'

/** The token that opens guarded pages, as it is now. */
export interface Token {
  /**
   * Whether this is the token; `unknown` while its file cannot be read or holds none, when nobody is let in. Takes as long for a wrong
   * token as for the right one.
   */
  matches(presented: string): Promise<boolean | 'unknown'>
}

/** A longer file holds no token. */
const MAX_FILE_BYTES = 1024
/** The file is read when somebody presents a token, but not more often. */
const FRESH_MS = 1000

/** null: there is no token. `readAgainMs` as in FRESH_MS. */
export function createToken(
  { token, tokenFile }: Pick<HttpConfig, 'token' | 'tokenFile'>,
  { log, freshMs = FRESH_MS }: { readonly log: Logger; readonly freshMs?: number },
): Token | null {
  if (token === null) return null
  let digest: Buffer | null = digestOf(token)
  let lookedAt = performance.now()
  let looking: Promise<void> | null = null

  /** What was changed in the file, or taken out of it, counts: an old token opens nothing any more. */
  async function look(path: string): Promise<void> {
    const { text, failure } = await readToken(path)
    const before = digest
    digest = text === undefined ? null : digestOf(text)
    lookedAt = performance.now()
    if (digest === null && before !== null) log.error({ file: path, failure }, LOST)
    if (digest !== null && (before === null || !before.equals(digest))) log.info({ file: path }, RENEWED)
  }

  async function freshen(): Promise<void> {
    if (tokenFile === null || performance.now() - lookedAt < freshMs) return
    looking ??= look(tokenFile).finally(() => {
      looking = null
    })
    await looking
  }

  return {
    async matches(presented) {
      await freshen()
      return digest === null ? 'unknown' : timingSafeEqual(digest, digestOf(presented))
    },
  }
}

const LOST = 'the file of http.token_file holds no token now: nobody is let in to what needs it'
const RENEWED = 'the file of http.token_file holds another token: it counts from now on'

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Off the event loop: a file system may hang. */
async function readToken(path: string): Promise<SecretText> {
  try {
    const file = await open(path, 'r')
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_FILE_BYTES), 0, MAX_FILE_BYTES, 0)
      return readSecretText(tokenFormat, buffer.toString('utf8', 0, bytesRead))
    } finally {
      await file.close()
    }
  } catch (error) {
    return { failure: (error as NodeJS.ErrnoException).code ?? 'it cannot be read' }
  }
}
