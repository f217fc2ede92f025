import type { Duplex } from 'node:stream'
import { closeSocket, createBackpressure, STUCK_MS, writeGoAway } from './connection-end.ts'
import type { Application } from './exchange.ts'
import { createFloodGuard, type Idle } from './flood-guard.ts'
import { createFrameReader } from './frame-reader.ts'
import {
  checkGoAway,
  checkPriority,
  checkReset,
  fragmentOf,
  isPing,
  isSettingsAck,
  protocolError,
  unpadded,
  windowIncrement,
} from './frame-rules.ts'
import { DEFAULT_WINDOW_BYTES, ERROR, type ErrorCode, FLAG, FRAME, MAX_STREAM, SETTING } from './frames.ts'
import { createHeaderBlocks, type HeaderBlock } from './header-blocks.ts'
import { createHpackDecoder } from './hpack/decoder.ts'
import { ConnectionError } from './http2-error.ts'
import { createOutlet } from './outlet.ts'
import { createRecentStreams } from './recent-streams.ts'
import { createRequestHeads } from './request-heads.ts'
import type { Response } from './response.ts'
import { createSender } from './sender.ts'
import { encodeSettings, readSettings } from './settings.ts'
import { Stream, type StreamDeps } from './stream.ts'

export interface SessionDeps<Head> {
  readonly application: Application<Head>
  /** The connection ends because of what its client did; `reason` is one word, for metrics. */
  readonly onRefused: (reason: string, message: string) => void
  /** Something of ours threw: the connection ends. */
  readonly onFault: (error: unknown) => void
  /** A client that takes nothing of what waits for it is cut after so long. Default: 30 s. */
  readonly stuckMs?: number
}

/** The server's side of one connection of HTTP/2 [RFC 9113]. It ends with its socket. */
export interface Session {
  /** The client has sent its preface and its SETTINGS. */
  readonly begun: boolean
  /** Asks the client to open no new stream; those that are on their way are still taken [6.8]. */
  announceEnd(): void
  /** Takes no new stream, and closes the connection when the last one is over [6.8]. */
  end(): void
}

/** What the fields of a request may take, decoded [6.5.2]; and their block, before. */
const MAX_HEADER_LIST_BYTES = 16 * 1024
/** What all streams of a connection may have on the way: what we hold is bounded stream by stream. */
const CONNECTION_WINDOW_BYTES = 2 ** 30
/** Streams of one connection that were answered while their request goes on; older ones are reset [8.1]. */
const MAX_ANSWERED = 1000

const OUR_SETTINGS = encodeSettings([[SETTING.maxHeaderListSize, MAX_HEADER_LIST_BYTES]])
/** Answers that wait may be looked at for the price of a frame. */
const LOOKS_A_FRAME = 64
const NOTHING: Buffer = Buffer.alloc(0)

export function createSession<Head>(socket: Duplex, deps: SessionDeps<Head>): Session {
  const { application } = deps
  const outlet = createOutlet(socket)
  const sender = createSender(outlet)
  const backpressure = createBackpressure(socket, {
    outlet,
    pendingBytes: () => sender.pendingBytes,
    stuckMs: deps.stuckMs ?? STUCK_MS,
    onStuck: (message) => fail(new ConnectionError(ERROR.enhanceYourCalm, 'slow_reader', message)),
  })
  const blocks = createHeaderBlocks(MAX_HEADER_LIST_BYTES)
  const heads = createRequestHeads(createHpackDecoder(), MAX_HEADER_LIST_BYTES, application.readHead)
  const guard = createFloodGuard(() => performance.now())
  const recent = createRecentStreams()
  const reader = createFrameReader(onFrame)
  const streams = new Map<number, Stream>()
  const answered = new Set<Stream>()
  let hasSettings = false
  let lastStream = 0
  /** No stream above it is taken; none is refused as long as it is the highest of all. */
  let lastTaken = MAX_STREAM
  let window = CONNECTION_WINDOW_BYTES
  let reading = false
  let flushSoon = false
  let over = false

  const streamDeps: StreamDeps = {
    send(stream: Stream, response: Response) {
      sender.send(stream, response)
      guard.earn()
      flush()
      if (sender.pendingBytes > 0) backpressure.look()
    },
    finished(stream: Stream) {
      drop(stream, false)
      closeIfDone()
    },
    giveWindow(stream: Stream, bytes: number) {
      outlet.numberFrame(FRAME.windowUpdate, stream.id, bytes)
      flush()
    },
    answered(stream: Stream) {
      answered.add(stream)
      const [oldest] = answered
      if (answered.size > MAX_ANSWERED && oldest !== undefined) reset(oldest.id, ERROR.none)
    },
  }

  // [3.4]
  outlet.frame(FRAME.settings, 0, 0, OUR_SETTINGS)
  outlet.numberFrame(FRAME.windowUpdate, 0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES)
  outlet.flush()
  socket.on('data', onData)
  socket.on('error', () => socket.destroy())
  socket.on('drain', () => {
    sender.pump()
    outlet.flush()
    backpressure.drained()
  })
  socket.once('close', () => {
    backpressure.end()
    closeAll()
  })

  function onData(chunk: Buffer): void {
    if (over) return
    reading = true
    try {
      reader.read(chunk)
    } catch (error) {
      fail(error)
    }
    reading = false
    outlet.flush()
    backpressure.look()
  }

  /** What is written while frames are read goes out with the last of them; all else with what happens in the same turn. */
  function flush(): void {
    if (reading || flushSoon) return
    flushSoon = true
    queueMicrotask(() => {
      flushSoon = false
      outlet.flush()
    })
  }

  /** [5.4.1] */
  function fail(error: unknown): void {
    if (over) return
    const isTheirs = error instanceof ConnectionError
    if (isTheirs) deps.onRefused(error.reason, error.message)
    else deps.onFault(error)
    writeGoAway(outlet, lastStream, isTheirs ? error.code : ERROR.internal)
    closeAll()
    closeSocket(socket, outlet)
  }

  function closeAll(): void {
    over = true
    for (const stream of streams.values()) stream.close()
    streams.clear()
    answered.clear()
  }

  function closeIfDone(): void {
    if (lastTaken === MAX_STREAM || streams.size > 0 || over) return
    over = true
    closeSocket(socket, outlet)
  }

  function drop(stream: Stream, byUs: boolean): void {
    streams.delete(stream.id)
    answered.delete(stream)
    recent.closed(stream.id, byUs)
  }

  /** Only for what breaks the protocol, and what has its response: a reset costs EMQX's client its whole timeout. */
  function reset(id: number, code: ErrorCode): void {
    outlet.numberFrame(FRAME.rstStream, id, code)
    const stream = streams.get(id)
    if (stream === undefined) recent.closed(id, true)
    else close(stream, true)
    flush()
  }

  function close(stream: Stream, byUs: boolean): void {
    sender.forget(stream)
    drop(stream, byUs)
    stream.close()
    closeIfDone()
  }

  /** [5.4.2] A fault of one stream; the others go on, within reason. */
  function streamError(id: number, code: ErrorCode): void {
    guard.spend('malformed')
    reset(id, code)
  }

  function onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    if (over) return
    // [3.4] The client's SETTINGS come first; [6.2] nothing comes between the frames of a header block.
    if (!hasSettings && type !== FRAME.settings) throw protocolError('the first frame is not SETTINGS')
    if (blocks.open !== 0 && (type !== FRAME.continuation || id !== blocks.open)) {
      throw protocolError('a frame within a header block')
    }
    if (type === FRAME.data) onDataFrame(flags, id, payload)
    else if (type === FRAME.headers) onBlock(blocks.begin(id, flags, fragmentOf(flags, id, payload)))
    else if (type === FRAME.continuation) onContinuation(flags, payload)
    else if (type === FRAME.rstStream) onReset(id, payload)
    else if (type === FRAME.settings) onSettings(flags, id, payload)
    else if (type === FRAME.ping) onPing(flags, id, payload)
    else if (type === FRAME.windowUpdate) onWindowUpdate(id, payload)
    else onOther(type, id, payload)
  }

  /** [6.1] */
  function onDataFrame(flags: number, id: number, payload: Buffer): void {
    const bytes = unpadded(flags, payload)
    const stream = streams.get(id)
    takeWindow(payload.length)
    if (stream === undefined) {
      refuseIdle(id)
      // What was under way when we reset it [5.1].
      if (recent.how(id) === 'by us') guard.spend('reset', payload.length)
      else streamError(id, ERROR.streamClosed)
      return
    }
    const isLast = (flags & FLAG.endStream) !== 0
    if (bytes.length === 0 && !isLast) guard.spend('empty', payload.length)
    if (stream.ended) streamError(id, ERROR.streamClosed)
    else {
      const fault = stream.receive(bytes, payload.length, isLast)
      if (fault !== null) streamError(id, fault === 'flow_control' ? ERROR.flowControl : ERROR.protocol)
    }
  }

  /** [5.1] Only HEADERS and PRIORITY come on a stream that nobody opened. */
  function refuseIdle(id: number): void {
    if (id === 0 || id > lastStream) throw protocolError('a frame of a stream that nobody opened')
  }

  /** [6.9] Given back by halves, read or not: what is held is bounded by the windows of streams. */
  function takeWindow(bytes: number): void {
    window -= bytes
    if (window > CONNECTION_WINDOW_BYTES / 2) return
    if (window < 0) throw new ConnectionError(ERROR.flowControl, 'flow_control', 'more than the window')
    outlet.numberFrame(FRAME.windowUpdate, 0, CONNECTION_WINDOW_BYTES - window)
    window = CONNECTION_WINDOW_BYTES
  }

  /** [6.10] */
  function onContinuation(flags: number, payload: Buffer): void {
    if (blocks.open === 0) throw protocolError('CONTINUATION of nothing')
    onBlock(blocks.continue(flags, payload))
  }

  function onBlock(block: HeaderBlock | null): void {
    if (block === null) return
    const { stream: id, bytes } = block
    const isLast = (block.flags & FLAG.endStream) !== 0
    const open = streams.get(id)
    if (open !== undefined) onTrailers(open, bytes, isLast)
    else if (id > lastStream) onRequest(id, bytes, isLast)
    else onLateBlock(id, bytes)
  }

  function onRequest(id: number, bytes: Buffer, isLast: boolean): void {
    lastStream = id
    const request = heads.request(bytes)
    // [6.8] It was told so, and sends it elsewhere.
    if (id > lastTaken) recent.closed(id, true)
    else if (request === null) streamError(id, ERROR.protocol)
    else {
      const stream = new Stream(id, request.contentLength, streamDeps)
      streams.set(id, stream)
      stream.body = application.open(request.head, stream)
      if (isLast && !stream.endByHeaders()) streamError(id, ERROR.protocol)
    }
  }

  /** [8.1] A second block ends the request. */
  function onTrailers(stream: Stream, bytes: Buffer, isLast: boolean): void {
    const isWellFormed = heads.trailers(bytes) && isLast
    if (stream.ended) streamError(stream.id, ERROR.streamClosed)
    else if (!isWellFormed || !stream.endByHeaders()) streamError(stream.id, ERROR.protocol)
  }

  /** [5.1.1, 5.1] Streams below the last one are closed: they were, or never will be. */
  function onLateBlock(id: number, bytes: Buffer): void {
    heads.trailers(bytes)
    const how = recent.how(id)
    if (how === 'by us') guard.spend('reset')
    else if (how === undefined) throw protocolError('a request on a stream below the last one')
    else throw new ConnectionError(ERROR.streamClosed, 'protocol', 'a request on a stream that has closed')
  }

  /** [6.4] */
  function onReset(id: number, payload: Buffer): void {
    checkReset(id, payload)
    guard.spend('reset')
    const stream = streams.get(id)
    if (stream === undefined) refuseIdle(id)
    else close(stream, false)
  }

  /** [6.5] */
  function onSettings(flags: number, id: number, payload: Buffer): void {
    guard.spend('settings', payload.length)
    if (isSettingsAck(flags, id, payload)) return
    const firstWindow = readSettings(payload)
    hasSettings = true
    outlet.frame(FRAME.settings, FLAG.ack, 0, NOTHING)
    if (firstWindow === null) return
    lookAtPending('settings')
    sender.firstWindow(firstWindow)
  }

  /** What makes us look at every answer that waits costs as much more. */
  function lookAtPending(kind: Idle): void {
    for (let looks = 0; looks < sender.pending; looks += LOOKS_A_FRAME) guard.spend(kind)
  }

  /** [6.7] */
  function onPing(flags: number, id: number, payload: Buffer): void {
    guard.spend('ping')
    if (isPing(flags, id, payload)) outlet.frame(FRAME.ping, FLAG.ack, 0, payload)
  }

  /** [6.9] */
  function onWindowUpdate(id: number, payload: Buffer): void {
    guard.spend('window')
    const bytes = windowIncrement(id, payload)
    const stream = streams.get(id)
    if (id === 0) {
      lookAtPending('window')
      if (!sender.widen(bytes))
        throw new ConnectionError(ERROR.flowControl, 'flow_control', 'a window too wide')
    } else if (stream === undefined) refuseIdle(id)
    else if (bytes === 0) streamError(id, ERROR.protocol)
    else if (!sender.widenStream(stream, bytes)) streamError(id, ERROR.flowControl)
  }

  function onOther(type: number, id: number, payload: Buffer): void {
    // [4.1] Unknown types are ignored.
    guard.spend(type === FRAME.priority ? 'priority' : 'unknown', payload.length)
    if (type === FRAME.priority) checkPriority(id, payload)
    // [6.8] It opens no new streams, and closes when it has its answers.
    else if (type === FRAME.goaway) checkGoAway(id, payload)
    // [8.4]
    else if (type === FRAME.pushPromise) throw protocolError('PUSH_PROMISE of a client')
  }

  return {
    get begun() {
      return hasSettings
    },
    announceEnd() {
      if (over || lastTaken !== MAX_STREAM) return
      writeGoAway(outlet, MAX_STREAM, ERROR.none)
      outlet.flush()
    },
    end() {
      if (over || lastTaken !== MAX_STREAM) return
      lastTaken = lastStream
      writeGoAway(outlet, lastStream, ERROR.none)
      outlet.flush()
      closeIfDone()
    },
  }
}
