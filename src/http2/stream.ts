import type { Exchange, RequestBody } from './exchange.ts'
import { DEFAULT_WINDOW_BYTES } from './frames.ts'
import type { Response } from './response.ts'
import type { SendingStream } from './sender.ts'

/** What a stream asks of its connection. */
export interface StreamDeps {
  send(stream: Stream, response: Response): void
  /** All was said on both sides. */
  finished(stream: Stream): void
  /** The peer may send so many bytes more on this stream. */
  giveWindow(stream: Stream, bytes: number): void
  /** The response is out, the request is not: nobody looks at the rest of it. */
  answered(stream: Stream): void
}

/** So much has to be used up before a window is given back: a frame for half of it. */
const GIVE_FROM_BYTES = DEFAULT_WINDOW_BYTES >> 1

const NOTHING: Buffer = Buffer.alloc(0)

/** One stream that is open, or half closed [RFC 9113, 5.1]. */
export class Stream implements Exchange, SendingStream {
  readonly id: number
  extraWindow = 0
  sent = 0
  pending: Response | null = null
  ended = false
  closed = false
  /** The application's side; set right after the stream is made. */
  body: RequestBody | null = null
  private readonly deps: StreamDeps
  private paused = false
  /** What came while nobody wanted it: in one piece, however small its frames were. */
  private held: Buffer = NOTHING
  private heldBytes = 0
  private isResponded = false
  private hasResponse = false
  /** What the peer may still send. */
  private window = DEFAULT_WINDOW_BYTES
  private used = 0
  /** What content-length says is still to come; null when it was not said. */
  private announced: number | null

  constructor(id: number, announced: number | null, deps: StreamDeps) {
    this.id = id
    this.announced = announced
    this.deps = deps
  }

  respond(response: Response): void {
    if (this.closed || this.hasResponse) return
    this.hasResponse = true
    this.deps.send(this, response)
  }

  responded(): void {
    this.isResponded = true
    if (this.ended) this.finish()
    else this.deps.answered(this)
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    if (!this.paused) return
    this.paused = false
    const { held, heldBytes } = this
    this.held = NOTHING
    this.heldBytes = 0
    if (heldBytes > 0) {
      this.body?.chunk(held.subarray(0, heldBytes))
      this.useUp(heldBytes)
    }
    // What took it may have paused again.
    if (this.ended && !this.paused) this.tellEnd()
  }

  /**
   * A DATA frame of this many bytes of flow control, of which `bytes` are the body's. Returns why it may not be, else null.
   */
  receive(bytes: Buffer, flowBytes: number, isLast: boolean): 'flow_control' | 'content_length' | null {
    this.window -= flowBytes
    if (this.window < 0) return 'flow_control'
    if (this.announced !== null) {
      this.announced -= bytes.length
      if (this.announced < 0 || (isLast && this.announced > 0)) return 'content_length'
    }
    this.ended = isLast
    if (this.paused) {
      this.hold(bytes)
      this.used += flowBytes - bytes.length
      return null
    }
    if (bytes.length > 0) this.body?.chunk(bytes)
    if (isLast) {
      if (!this.paused) this.tellEnd()
    } else {
      this.useUp(flowBytes)
    }
    return null
  }

  /** The request ended by headers: its trailers, or its first block. Returns whether it may. */
  endByHeaders(): boolean {
    if (this.announced !== null && this.announced > 0) return false
    this.ended = true
    if (!this.paused) this.tellEnd()
    return true
  }

  /** It was reset, or its connection is gone. */
  close(): void {
    if (this.closed) return
    this.closed = true
    this.held = NOTHING
    const { body } = this
    this.body = null
    body?.gone()
  }

  private hold(bytes: Buffer): void {
    const needed = this.heldBytes + bytes.length
    if (needed > this.held.length) {
      const wider = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.held.length))
      this.held.copy(wider, 0, 0, this.heldBytes)
      this.held = wider
    }
    bytes.copy(this.held, this.heldBytes)
    this.heldBytes = needed
  }

  private tellEnd(): void {
    this.body?.ended()
    if (this.isResponded) this.finish()
  }

  private finish(): void {
    if (this.closed) return
    this.closed = true
    const { body } = this
    this.body = null
    this.deps.finished(this)
    body?.gone()
  }

  private useUp(bytes: number): void {
    this.used += bytes
    if (this.used < GIVE_FROM_BYTES || this.ended || this.closed) return
    this.window += this.used
    this.deps.giveWindow(this, this.used)
    this.used = 0
  }
}
