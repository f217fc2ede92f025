/**
 * The bound on what hook calls hold before their records are in the queue: one budget with the queue and with the calls
 * that wait for room in it. It knows of no transport: bytes are asked for, waited for and given back.
 */
export interface RequestBudgetConfig {
  /** Queue, waiters and requests together may hold so many bytes when a request is admitted. */
  readonly maxBytes: number
  /** The large requests among them so many, however empty the queue is: it fills while they come in. */
  readonly maxLargeBytes: number
  /** Small requests may always hold so many bytes: they never stand behind large ones. */
  readonly smallBytes: number
  /** At most this many large requests wait for their turn. */
  readonly maxWaiting: number
}

export interface RequestBudgetDeps {
  /** Bytes in the queue, and of those who wait for room in it. */
  readonly held: () => number
}

export interface RequestBudget {
  /** Bytes of the requests that have been admitted and are not over. */
  readonly bytes: number
  /** Large requests that wait for their turn. */
  readonly waiting: number
  /** Admits a small request at once, or not at all. Whoever got true gives the same number back, once. */
  take(bytes: number): boolean
  give(bytes: number): void
  /**
   * Asks for room for a large request: in the order of asking, for `waitMs` at most. null: too many wait already, or
   * there is no time. Otherwise `decided` is told, once and never before this returns: true when there is room, false
   * when the time was up.
   */
  ask(bytes: number, waitMs: number, decided: (admitted: boolean) => void): Place | null
}

/** A place in the line, and then in the budget. */
export interface Place {
  /** True when room was given at once: `decided` is told nothing. */
  readonly admitted: boolean
  /** Gives up what it is: the wait, or the room. Nothing is decided any more. Safe twice. */
  leave(): void
}

/** How often a line looks whether the queue has become smaller, which it tells nobody. */
const LOOK_EVERY_MS = 20

export function createRequestBudget(config: RequestBudgetConfig, deps: RequestBudgetDeps): RequestBudget {
  // A Set keeps the order of asking, and forgets any member in constant time.
  const line = new Set<Asked>()
  let smallBytes = 0
  let largeBytes = 0
  let looking = false
  let serving = false

  /** One large request always fits, whatever the rest holds: a line never stands still. */
  const fits = (bytes: number): boolean =>
    largeBytes === 0 || (largeBytes + bytes <= config.maxLargeBytes && fitsAll(bytes))

  const fitsAll = (bytes: number): boolean => smallBytes + largeBytes + bytes + deps.held() <= config.maxBytes

  function serve(): void {
    // Whoever is told may give something back at once: the walk under way sees it.
    if (serving) return
    serving = true
    for (const asked of line) {
      if (!fits(asked.bytes)) break
      line.delete(asked)
      asked.enter()
    }
    serving = false
    lookSoon()
  }

  function lookSoon(): void {
    if (looking || line.size === 0) return
    looking = true
    setTimeout(() => {
      looking = false
      serve()
    }, LOOK_EVERY_MS)
  }

  class Asked implements Place {
    admitted = false
    readonly bytes: number
    private readonly decided: (admitted: boolean) => void
    private timer: NodeJS.Timeout | undefined

    constructor(bytes: number, decided: (admitted: boolean) => void) {
      this.bytes = bytes
      this.decided = decided
    }

    admit(): void {
      this.admitted = true
      largeBytes += this.bytes
    }

    wait(waitMs: number): void {
      line.add(this)
      this.timer = setTimeout(() => {
        this.leave()
        this.decided(false)
      }, waitMs)
      lookSoon()
    }

    /** It was taken from the line. */
    enter(): void {
      clearTimeout(this.timer)
      this.admit()
      this.decided(true)
    }

    leave(): void {
      if (this.admitted) {
        this.admitted = false
        largeBytes -= this.bytes
      } else if (line.delete(this)) {
        clearTimeout(this.timer)
      }
      // Whoever stood behind it may fit.
      if (line.size > 0) serve()
    }
  }

  return {
    get bytes() {
      return smallBytes + largeBytes
    },
    get waiting() {
      return line.size
    },
    take(bytes) {
      if (smallBytes + bytes > config.smallBytes && !fitsAll(bytes)) return false
      smallBytes += bytes
      return true
    },
    give(bytes) {
      smallBytes -= bytes
    },
    ask(bytes, waitMs, decided) {
      const asked = new Asked(bytes, decided)
      if (line.size === 0 && fits(bytes)) asked.admit()
      else if (line.size >= config.maxWaiting || !(waitMs > 0)) return null
      else asked.wait(waitMs)
      return asked
    },
  }
}
