import { freeNow } from './free-now.ts'
import type { RefusedRequests } from './refused-requests.ts'
import type { Place, RequestBudget } from './request-budget.ts'
import type { UnbegunRequest, UnbegunRequests } from './unbegun-requests.ts'

/** Why a request is refused before it is a hook call's body. */
export type ReceptionRefusal = 'overloaded' | 'too_large' | 'incomplete' | 'compressed' | 'malformed'

export interface ReceptionConfig {
  /** The largest request that is taken. */
  readonly maxReceiveBytes: number
  /** A request that waits for its turn is refused this long before its deadline, one that still comes in half as long. */
  readonly replyMarginMs: number
}

/** What the requests of one server share. */
export interface ReceptionShared extends ReceptionConfig {
  readonly budget: RequestBudget
  readonly refused: RefusedRequests
  /** Those of which only the headers came in the turn of the event loop in which they began. */
  readonly unbegun: UnbegunRequests
  /** Requests that began, or are whole, since this turn of the event loop began: each is to be settled at its end. */
  readonly arrived: (reception: Reception) => void
  /** A request takes longer than a turn of the event loop: it counts as a call that is to be answered. */
  readonly began: () => void
  readonly ended: () => void
}

/** Larger requests wait for their turn; smaller ones are admitted at once or not at all. */
export const SMALL_REQUEST_BYTES = 16 * 1024

/** A message of gRPC: a flag (compressed), its length, and that many bytes. */
const PREFIX_BYTES = 5
/** For a call that tells no deadline. */
const ASSUMED_TIMEOUT_MS = 5000
/** A request has to be whole after so long, whatever deadline it tells: what it holds is held for no longer. */
const MAX_RECEIVE_MS = 60_000

/**
 * One request as it comes in: a gRPC message, collected from its chunks into a buffer of its own. Its length is known
 * from its first bytes, and is asked of the budget before anything more of it is kept. A large one that does not fit is
 * not read until it does: HTTP/2 then holds its sender at the stream's window, and no other.
 *
 * What comes whole in one chunk, as nearly all requests do, costs a comparison and an addition. All else is watched: it
 * ends when it is handed over, refused, at its deadline, or with its stream, and gives back at once what it held. What
 * has not begun by the end of its first turn of the event loop is told so at its deadline.
 */
export abstract class Reception implements UnbegunRequest {
  private readonly shared: ReceptionShared
  private state: 'new' | 'waiting' | 'receiving' | 'whole' | 'taken' | 'over' = 'new'
  private body: Buffer | null = null
  private filled = 0
  /** Bytes taken from the budget as a small request; a large one has a place. */
  private small = 0
  private place: Place | null = null
  /** Told to be settled at the end of this turn of the event loop. */
  private listed = true
  private unbegun = false
  giveUpAtMs = 0
  private watched = false
  private deadline: NodeJS.Timeout | undefined
  private letGo: (() => void) | null = null

  constructor(shared: ReceptionShared) {
    this.shared = shared
    shared.arrived(this)
  }

  /** When the caller stops waiting, in ms since 1970; Infinity when it does not say. */
  protected abstract deadlineMs(): number
  /** The request is whole: `take` will give it. */
  protected abstract hand(): void
  /** To be answered with an error. What still comes of it is dropped. */
  protected abstract refuse(reason: ReceptionRefusal): void
  /** Its stream has ended, or was answered. */
  abstract readonly isGone: boolean
  /** There are too many that have only begun: one more of them is refused. */
  protected abstract readonly isUnwelcome: boolean
  abstract pause(): void
  abstract resume(): void
  /** From here on `ended`, `aborted` and `gone` are to be called; soon, when the stream has closed already. */
  protected abstract watchStream(): void

  /** The next bytes of the stream. They are copied or used up in this turn of the event loop: no chunk is kept. */
  chunk(chunk: Buffer): void {
    if (this.state === 'new') this.begin(chunk)
    else if (this.state === 'receiving') this.collect(chunk)
    else if (this.state === 'waiting' || this.state === 'whole') this.give('malformed')
  }

  protected get isWhole(): boolean {
    return this.state === 'whole'
  }

  /** The request, once; null when it was refused meanwhile. It counts until `discard` or `release`. */
  take(): Buffer | null {
    const { body } = this
    if (this.state !== 'whole' || body === null) return null
    this.state = 'taken'
    this.unwatch()
    return body
  }

  /** Nobody looks at the request any more: a large one's memory is given back here and now, not by the next GC. */
  discard(): void {
    if (this.place !== null && this.body !== null) freeNow(this.body)
    this.release()
  }

  /** The request counts no more; nothing is done to its bytes. Safe twice. */
  release(): void {
    if (this.state === 'taken') this.body = null
    this.letGo = null
    if (this.small > 0) {
      this.shared.budget.give(this.small)
      this.small = 0
    }
    this.place?.leave()
    this.place = null
  }

  /** What was taken is answered. To be called once. */
  answered(): void {}

  /** Something of it is held until the answer, unless that was given: `letGo` is called when nobody is left to answer. */
  keep(letGo: () => void): void {
    this.body = null
    if (this.small === 0 && this.place === null) return
    this.letGo = letGo
    this.watchStream()
  }

  /** The stream was reset. What has come whole is an event all the same, and is handed over before the stream closes. */
  aborted(): void {
    if (this.state !== 'whole') this.gone()
  }

  /** The stream has closed. */
  gone(): void {
    if (this.state === 'taken') {
      this.letGo?.()
      this.release()
    } else if (this.state === 'over') {
      this.shared.refused.closed(this)
    } else {
      this.end()
      this.resume()
    }
  }

  /** The caller has ended its stream. */
  ended(): void {
    if (this.state === 'receiving' || this.state === 'new') this.give('malformed')
  }

  /** It is gone without a message: what the transport answers by itself is still to be counted. To be told once. */
  vanished(): void {}

  giveUp(): void {
    if (this.state === 'new') this.give('incomplete')
  }

  /**
   * The turn of the event loop is over in which it began, or became whole. A caller that has sent its headers alone, or has
   * not ended its stream, is watched.
   */
  settle(): void {
    this.listed = false
    if (this.state === 'new' && !this.watched && this.isGone) {
      this.vanished()
    } else if (this.state === 'new' && !this.watched) {
      if (this.isUnwelcome) {
        this.give('overloaded')
        return
      }
      this.unbegun = true
      this.giveUpAtMs = Date.now() + this.leftMs() - this.shared.replyMarginMs / 2
      this.shared.unbegun.add(this)
    }
    if (this.state !== 'whole' || this.watched || this.body === null) return
    // The chunk would keep all that came with it.
    this.body = Buffer.from(this.body)
    this.watch()
  }

  private begin(chunk: Buffer): void {
    if (this.unbegun) {
      this.unbegun = false
      this.shared.unbegun.delete(this)
    }
    const head = this.body === null ? chunk : Buffer.concat([this.body, chunk])
    if (head.length < PREFIX_BYTES) {
      this.body = head
      this.watch()
      return
    }
    this.body = null
    const size = head.readUInt32BE(1)
    const first = head.subarray(PREFIX_BYTES)
    if (head[0] !== 0) this.give('compressed')
    else if (size > this.shared.maxReceiveBytes) this.give('too_large')
    else if (first.length > size) this.give('malformed')
    else if (first.length === size) this.wholeAtOnce(first)
    else if (size <= SMALL_REQUEST_BYTES) this.receiveSmall(size, first)
    else this.askFor(size, first)
  }

  private wholeAtOnce(body: Buffer): void {
    if (!this.shared.budget.take(body.length)) {
      this.give('overloaded')
      return
    }
    this.small = body.length
    this.body = body
    this.state = 'whole'
    this.hand()
    // Most are taken by now.
    if (this.isWhole && !this.listed) this.shared.arrived(this)
  }

  private receiveSmall(size: number, first: Buffer): void {
    if (!this.shared.budget.take(size)) {
      this.give('overloaded')
      return
    }
    this.small = size
    this.watch()
    this.receive(size, first)
  }

  private askFor(size: number, first: Buffer): void {
    const waitMs = this.leftMs() - this.shared.replyMarginMs
    this.place = this.shared.budget.ask(size, waitMs, (admitted) => {
      if (!admitted) {
        this.give('overloaded')
        return
      }
      this.receive(size, this.body)
      this.resume()
    })
    if (this.place === null) {
      this.give('overloaded')
      return
    }
    this.watch()
    if (this.place.admitted) {
      this.receive(size, first)
    } else {
      this.state = 'waiting'
      this.body = Buffer.from(first)
      this.pause()
    }
  }

  private receive(size: number, first: Buffer | null): void {
    this.state = 'receiving'
    this.body = Buffer.allocUnsafeSlow(size)
    this.filled = 0
    if (first !== null) this.collect(first)
  }

  private collect(chunk: Buffer): void {
    const body = this.body as Buffer
    if (chunk.length > body.length - this.filled) {
      this.give('malformed')
      return
    }
    chunk.copy(body, this.filled)
    this.filled += chunk.length
    if (this.filled < body.length) return
    this.state = 'whole'
    this.hand()
  }

  /** Refused: it holds nothing from here on. */
  private give(reason: ReceptionRefusal): void {
    this.end()
    this.refuse(reason)
    this.watchStream()
    this.shared.refused.add(this)
  }

  private end(): void {
    this.state = 'over'
    this.body = null
    this.release()
    this.unwatch()
  }

  private watch(): void {
    if (this.watched) return
    this.watched = true
    this.shared.began()
    const leftMs = this.leftMs() - this.shared.replyMarginMs / 2
    this.deadline = setTimeout(() => this.give('incomplete'), Math.max(0, leftMs))
    this.watchStream()
  }

  private unwatch(): void {
    if (!this.watched) return
    this.watched = false
    clearTimeout(this.deadline)
    this.shared.ended()
  }

  private leftMs(): number {
    const deadlineMs = this.deadlineMs()
    const leftMs = deadlineMs === Number.POSITIVE_INFINITY ? ASSUMED_TIMEOUT_MS : deadlineMs - Date.now()
    return Math.min(MAX_RECEIVE_MS, leftMs)
  }
}
