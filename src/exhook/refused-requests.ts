export interface RefusedRequestsConfig {
  /** So many refused requests are read at a time. */
  readonly atOnce: number
  /** So many streams at most are left unread, those of requests that wait for their turn included. */
  readonly maxUnread: number
  /** A sender that takes longer makes room for the next. */
  readonly patienceMs: number
}

export interface RefusedRequestsDeps {
  /** Requests that wait for their turn, unread. */
  readonly waiting: () => number
}

/** A request that was refused and answered while its sender still sends. */
export interface RefusedRequest {
  pause(): void
  resume(): void
}

/**
 * Reads to their end, and drops, the requests that were refused: a few at a time, or they would take the connection from
 * those that were admitted. The others stay unread meanwhile, at what HTTP/2 let their senders send, as long as there
 * are not too many; then they are read at once.
 */
export interface RefusedRequests {
  add(request: RefusedRequest): void
  /** Its stream has closed. */
  closed(request: RefusedRequest): void
}

export function createRefusedRequests(
  config: RefusedRequestsConfig,
  deps: RefusedRequestsDeps,
): RefusedRequests {
  const unread = new Set<RefusedRequest>()
  const reading = new Map<RefusedRequest, NodeJS.Timeout>()

  function read(request: RefusedRequest): void {
    reading.set(request, setTimeout(finish, config.patienceMs, request).unref())
    request.resume()
  }

  function finish(request: RefusedRequest): void {
    const timer = reading.get(request)
    if (timer === undefined) return
    clearTimeout(timer)
    reading.delete(request)
    for (const next of unread) {
      unread.delete(next)
      read(next)
      return
    }
  }

  return {
    add(request) {
      if (reading.size < config.atOnce) {
        read(request)
      } else if (unread.size + deps.waiting() < config.maxUnread) {
        request.pause()
        unread.add(request)
      } else {
        request.resume()
      }
    },
    closed(request) {
      if (!unread.delete(request)) finish(request)
    },
  }
}
