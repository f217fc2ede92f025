import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { ConnectionRefusal } from './connection-refusals.ts'

/** What a connection may do. Every number is far above what EMQX's client needs; the comments say why. */
export interface ConnectionLimits {
  /** The first byte of a connection has to come within this time, and then HTTP/2's preface and SETTINGS. */
  readonly greetingMs: number
  /**
   * Idle streams: those that have not sent a whole call, and those that do not take their answer. EMQX's client sends all
   * calls' headers that stand in its mailbox before the first message, so there may be one for each MQTT client.
   */
  readonly idleStreams: number
  /** A connection may have so many from the start, and one more for each hook call that has come whole. */
  readonly firstIdleStreams: number
  /**
   * When there are more on all connections together, those with more than `idleShare` have no further call begun: it is
   * answered at once, unless it comes whole.
   */
  readonly idleStreamsInAll: number
  readonly idleShare: number
  /** When there are more on all connections together, the connection with the most of them is cut. */
  readonly mostIdleStreamsInAll: number
  /** Header names and values, and 32 bytes for each [RFC 9113, 6.5.2]. */
  readonly headerBytes: number
  /** Calls that are no hook calls: so many at once, and then so many a second. gRPC's health service is all that there is. */
  readonly otherCalls: number
  readonly otherCallsPerSecond: number
  /** Bytes that are no hook calls: so many at once, and then so many a second. */
  readonly spareBytes: number
  readonly spareBytesPerSecond: number
  /** What a hook call may take besides its message: headers, frames, window updates. */
  readonly bytesPerCall: number
}

/**
 * So much of a stream may have come, and not been read: 64 KiB in the buffer of the stream, 64 KiB that its window then still
 * gives the sender, and a frame.
 */
const UNREAD_BYTES = 160 * 1024

/** What all connections have in common. */
export interface SharedByConnections {
  readonly limits: ConnectionLimits
  /** Streams that are open, and of these hook calls that are being handled. */
  open: number
  handling: number
  readonly tooManyInAll: () => void
  readonly cut: (connection: GuardedConnection, reason: ConnectionRefusal) => void
}

/**
 * The account of one connection, kept by a few additions a call: what came, and what of it were hook calls. It judges at
 * once where streams are opened, and else when it is looked at.
 */
export class GuardedConnection {
  readonly session: ServerHttp2Session
  readonly peer: string
  private readonly shared: SharedByConnections
  private readonly sinceMs = performance.now()
  private hasGreeted = false
  private isOver = false
  private open = 0
  private handling = 0
  /** Hook calls that have come whole. */
  private done = 0
  private hookStream: ServerHttp2Stream | null = null
  private otherCalls = 0
  private openedSinceLook = 0
  private messageBytes = 0
  private bytesRead = 0
  private spareBytes = 0
  private readonly streamClosed: (this: ServerHttp2Stream) => void

  constructor(session: ServerHttp2Session, shared: SharedByConnections) {
    this.session = session
    this.shared = shared
    this.peer = session.destroyed ? 'unknown' : peerOf(session.socket)
    const closed = (wasReset: boolean) => this.closed(wasReset)
    // One function for all streams, which node:events gives the stream.
    this.streamClosed = function () {
      closed(this.rstCode !== 0)
    }
  }

  /** Streams on which nothing is done. */
  get idle(): number {
    return this.open - this.handling
  }

  /** Whether a call that sends its headers alone is to be answered at once. */
  get isCrowded(): boolean {
    const { open, handling, limits } = this.shared
    return open - handling > limits.idleStreamsInAll && this.idle > limits.idleShare
  }

  greeted(): void {
    this.hasGreeted = true
  }

  /** The stream that is being opened is a hook call. To be told before `opened`. */
  isHookCall(stream: ServerHttp2Stream): void {
    this.hookStream = stream
  }

  opened(stream: ServerHttp2Stream, rawHeaders: readonly string[]): void {
    const { limits } = this.shared
    this.openedSinceLook++
    this.open++
    this.shared.open++
    stream.on('close', this.streamClosed)
    // Of a stream that is gone by now, nobody can tell what it was.
    const isOther = this.hookStream !== stream && !stream.destroyed
    if (isOther && ++this.otherCalls > limits.otherCalls) this.cut('other_calls')
    else if (bytesOf(rawHeaders) > limits.headerBytes) this.cut('headers')
    else if (this.idle > Math.min(limits.idleStreams, limits.firstIdleStreams + this.done))
      this.cut('streams')
    else if (this.shared.open - this.shared.handling > limits.mostIdleStreamsInAll) this.shared.tooManyInAll()
    this.hookStream = null
  }

  /** A hook call ended without a message: it is none. */
  withoutMessage(): void {
    if (++this.otherCalls > this.shared.limits.otherCalls) this.cut('other_calls')
  }

  /** So many bytes of a hook call's message came. */
  message(bytes: number): void {
    this.messageBytes += bytes
  }

  /** A hook call has come whole and is handled from here on. */
  began(): void {
    this.done++
    this.handling++
    this.shared.handling++
  }

  /** It was answered; each that began is. */
  answered(): void {
    this.handling--
    this.shared.handling--
  }

  /** To be called now and then; `seconds` since the last time. */
  look(seconds: number): void {
    // Its socket is out of reach by then.
    if (this.session.destroyed) return
    const { limits } = this.shared
    this.otherCalls = Math.max(0, this.otherCalls - limits.otherCallsPerSecond * seconds)
    const { bytesRead } = this.session.socket
    const paidFor =
      this.messageBytes + this.openedSinceLook * limits.bytesPerCall + limits.spareBytesPerSecond * seconds
    this.spareBytes = Math.max(0, this.spareBytes + bytesRead - this.bytesRead - paidFor)
    this.bytesRead = bytesRead
    this.messageBytes = 0
    this.openedSinceLook = 0
    // What came of a message that waits for its turn has not been read from its stream.
    if (this.spareBytes > limits.spareBytes + this.idle * UNREAD_BYTES) this.cut('flood')
    else if (!this.hasGreeted && performance.now() - this.sinceMs > limits.greetingMs) this.cut('no_greeting')
  }

  /** True the first time: the connection has an end, and one reason for it. */
  end(): boolean {
    const first = !this.isOver
    this.isOver = true
    return first
  }

  private closed(wasReset: boolean): void {
    this.open--
    this.shared.open--
    // What it had not been read of is gone with it.
    if (wasReset) this.messageBytes += UNREAD_BYTES
  }

  private cut(reason: ConnectionRefusal): void {
    this.shared.cut(this, reason)
  }
}

function bytesOf(rawHeaders: readonly string[]): number {
  let bytes = rawHeaders.length * 16
  for (const text of rawHeaders) bytes += text.length
  return bytes
}

export const peerOf = (socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
  `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`
