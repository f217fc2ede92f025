/** A request of which nothing but its headers has come. */
export interface UnbegunRequest {
  /** When its caller is to be told that it did not come, in ms since 1970. */
  readonly giveUpAtMs: number
  /** Its stream has ended, or was answered. */
  readonly isGone: boolean
  /** It is gone without having begun. */
  vanished(): void
  giveUp(): void
}

/**
 * The requests that have begun with nothing: each has a deadline from its headers on, and no timer of its own, as EMQX's
 * client sends headers and message apart, and nearly always one right after the other.
 */
export interface UnbegunRequests {
  add(request: UnbegunRequest): void
  /** It has begun. */
  delete(request: UnbegunRequest): void
}

/** So much later than its deadline may one be told. */
const LOOK_EVERY_MS = 200

export function createUnbegunRequests(): UnbegunRequests {
  const requests = new Set<UnbegunRequest>()
  let looking = false

  function look(): void {
    looking = false
    const nowMs = Date.now()
    for (const request of requests) {
      if (request.isGone) {
        requests.delete(request)
        request.vanished()
      } else if (request.giveUpAtMs <= nowMs) {
        requests.delete(request)
        request.giveUp()
      }
    }
    lookSoon()
  }

  function lookSoon(): void {
    if (looking || requests.size === 0) return
    looking = true
    setTimeout(look, LOOK_EVERY_MS).unref()
  }

  return {
    add(request) {
      requests.add(request)
      lookSoon()
    },
    delete: (request) => void requests.delete(request),
  }
}
