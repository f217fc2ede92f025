import { ERROR } from './frames.ts'
import { ConnectionError } from './http2-error.ts'

/** Kinds of frames that cost us something and bring no call on, and what each is called in metrics. */
export type Idle = 'ping' | 'settings' | 'reset' | 'empty' | 'priority' | 'window' | 'unknown' | 'malformed'

/** Bounds, for one connection, the frames that bring no call on. */
export interface FloodGuard {
  /** One such frame has come, of so many bytes. Throws a ConnectionError, ENHANCE_YOUR_CALM, when there were too many. */
  spend(kind: Idle, bytes?: number): void
  /** A call was answered: its client may send a few more. */
  earn(): void
}

/** As many may come at once: a client whose calls all time out together resets them all. */
const BURST = 20_000
/** …and so many a second for ever. */
const PER_SECOND = 1000
/** A frame of more bytes counts for several. */
const BYTES_A_FRAME = 128
/** Clients ping, give windows and acknowledge as calls go on. */
const PER_CALL = 4

export function createFloodGuard(now: () => number): FloodGuard {
  let credit = BURST
  let refilledAt = now()

  /** The clock is read only when the credit is used up. */
  function refill(): void {
    const at = now()
    credit = Math.min(BURST, Math.floor(((at - refilledAt) * PER_SECOND) / 1000))
    refilledAt = at
  }

  return {
    spend(kind, bytes = 0) {
      if (credit <= 0) refill()
      if (credit <= 0) {
        throw new ConnectionError(
          ERROR.enhanceYourCalm,
          `${kind}_flood`,
          `too many frames of no use: ${kind}`,
        )
      }
      credit -= 1 + bytes / BYTES_A_FRAME
    },
    earn() {
      if (credit < BURST) credit += PER_CALL
    },
  }
}
