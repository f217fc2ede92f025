import type { Logger } from 'pino'

/** A token as it was given. Never to be logged. */
export interface FreshToken {
  readonly value: string
  /** When it ends, in ms since 1970; null: nobody said, so it is used for one login. */
  readonly endsAtMs: number | null
}

export interface TokenSourceDeps {
  /** Asks for a new token. */
  readonly fetchToken: () => Promise<FreshToken>
  readonly log: Logger
  readonly nowMs?: () => number
}

/** An old token is better than none for as long as it has this much of its life left, in ms. */
const LAST_RESORT_MS = 10_000

/**
 * The token for the next login. A login's session ends with its token, so one that has used up half of its life is replaced
 * before it is used again; if no new one is to be had just then, it is used while it is still good. All who wait share one
 * request. Rejects as `fetchToken` does.
 */
export function createTokenSource(deps: TokenSourceDeps): () => Promise<string> {
  const nowMs = deps.nowMs ?? Date.now
  let kept: { readonly value: string; readonly endsAtMs: number; readonly staleAtMs: number } | null = null
  let asking: Promise<string> | null = null

  async function ask(): Promise<string> {
    try {
      const { value, endsAtMs } = await deps.fetchToken()
      const now = nowMs()
      kept = endsAtMs === null ? null : { value, endsAtMs, staleAtMs: now + (endsAtMs - now) / 2 }
      return value
    } catch (error) {
      if (kept === null || kept.endsAtMs - nowMs() < LAST_RESORT_MS) throw error
      const message = error instanceof Error ? error.message : String(error)
      deps.log.warn({ error: message }, 'no new token for Kafka: the one there is serves until it ends')
      return kept.value
    } finally {
      asking = null
    }
  }

  return () => {
    if (kept !== null && nowMs() < kept.staleAtMs) return Promise.resolve(kept.value)
    asking ??= ask()
    return asking
  }
}
