import type { ServerHttp2Stream } from 'node:http2'
import type { ServerInterceptingCallInterface, ServerInterceptor, ServerUnaryCall } from '@grpc/grpc-js'
import type { GuardedConnection } from './guarded-connection.ts'
import type { RefusedRequests } from './refused-requests.ts'
import type { Refusal } from './replies.ts'
import type { RequestBudget } from './request-budget.ts'
import {
  Reception,
  type ReceptionConfig,
  type ReceptionRefusal,
  type ReceptionShared,
} from './request-reception.ts'
import { createUnbegunRequests } from './unbegun-requests.ts'

export interface GrpcRequestsDeps {
  readonly budget: RequestBudget
  readonly refused: RefusedRequests
  /** The account of the connection that a stream is on. */
  readonly connectionOf: (stream: ServerHttp2Stream) => GuardedConnection | undefined
  /** Counts a refused call of this path and gives the answer; undefined for a path that is none of ours. */
  readonly refusalOf: (path: string) => ((reason: ReceptionRefusal) => Refusal) | undefined
  /** Told of calls that have begun to come in and are not handed over yet. */
  readonly inFlight: { began(): void; ended(): void }
}

/** Takes the requests out of grpc-js's hands. */
export interface GrpcRequests {
  /** For the server's options. */
  readonly interceptor: ServerInterceptor
  /** The request of a call that was handed over. */
  of(call: ServerUnaryCall<unknown, unknown>): GrpcReception
}

/** A call of grpc-js, with what it does not show of itself. */
interface GrpcCall extends ServerInterceptingCallInterface {
  readonly stream: ServerHttp2Stream
  /** Called with every chunk that the stream gives. */
  handleDataFrame: (chunk: Buffer) => void
}

/** What grpc-js is given in the place of every request: a message of no bytes. The request itself is in the Reception. */
const EMPTY_MESSAGE: Buffer = Buffer.alloc(5)

const RECEPTION = Symbol('reception')
/** The one object that grpc-js makes for each call and shows to its interceptor and to its handler alike. */
type Carrier = { [RECEPTION]?: GrpcReception }

/**
 * grpc-js keeps a request's chunks and then a copy of them all, for as long as the call lasts, and begins with it before
 * anybody can object. So an interceptor sees to it that each chunk goes to a Reception instead. That rests on two names
 * that grpc-js does not promise, `stream` and `handleDataFrame` of a call: the version is pinned, and the tests of this
 * folder fail should either change.
 */
export function createGrpcRequests(config: ReceptionConfig, deps: GrpcRequestsDeps): GrpcRequests {
  let arrived: Reception[] = []
  const shared: ReceptionShared = {
    ...config,
    budget: deps.budget,
    refused: deps.refused,
    arrived(reception) {
      if (arrived.push(reception) === 1) setImmediate(settle)
    },
    unbegun: createUnbegunRequests(),
    began: deps.inFlight.began,
    ended: deps.inFlight.ended,
  }

  /** Nearly all of them have been handed over by now. */
  function settle(): void {
    const these = arrived
    arrived = []
    for (const reception of these) reception.settle()
  }

  return {
    interceptor(method, call) {
      const refusal = deps.refusalOf(method.path)
      if (refusal !== undefined) {
        const its = call as unknown as GrpcCall
        const reception = new GrpcReception(shared, its, refusal, deps.connectionOf(its.stream))
        ;(call.getMetricsRecorder() as Carrier)[RECEPTION] = reception
      }
      // The types want grpc-js's own class; what it uses of it is the interface.
      return call as ReturnType<ServerInterceptor>
    },
    of: (call) => (call.getMetricsRecorder() as Carrier)[RECEPTION] as GrpcReception,
  }
}

/** The request of one call. */
export class GrpcReception extends Reception {
  private readonly call: GrpcCall
  private readonly stream: ServerHttp2Stream
  private readonly feed: GrpcCall['handleDataFrame']
  private readonly refusal: (reason: ReceptionRefusal) => Refusal
  private readonly connection: GuardedConnection | undefined
  private isWatched = false

  constructor(
    shared: ReceptionShared,
    call: GrpcCall,
    refusal: (reason: ReceptionRefusal) => Refusal,
    connection: GuardedConnection | undefined,
  ) {
    super(shared)
    this.call = call
    this.stream = call.stream
    this.feed = call.handleDataFrame
    this.refusal = refusal
    this.connection = connection
    connection?.isHookCall(call.stream)
    call.handleDataFrame = (chunk) => {
      connection?.message(chunk.length)
      this.chunk(chunk)
    }
  }

  override take(): Buffer | null {
    const body = super.take()
    if (body !== null) this.connection?.began()
    return body
  }

  override answered(): void {
    this.connection?.answered()
  }

  protected deadlineMs(): number {
    const deadline = this.call.getDeadline()
    return typeof deadline === 'number' ? deadline : deadline.getTime()
  }

  protected hand(): void {
    this.feed.call(this.call, EMPTY_MESSAGE)
  }

  /** A status, never a reset: a reset costs EMQX's client its whole timeout. grpc-js lets the rest of the data flow. */
  protected refuse(reason: ReceptionRefusal): void {
    const { status, message } = this.refusal(reason)
    this.call.sendStatus({ code: status, details: message })
  }

  /** grpc-js answers a caller that ends its stream without a message, or whose deadline passes. */
  get isGone(): boolean {
    return this.stream.destroyed || this.stream.readableEnded || this.stream.writableEnded
  }

  /** grpc-js has answered it with a status of its own. Who reset it has not sent a call. */
  override vanished(): void {
    if (!this.stream.readableEnded || this.stream.aborted) return
    this.refusal('malformed')
    this.connection?.withoutMessage()
  }

  protected get isUnwelcome(): boolean {
    return this.connection?.isCrowded === true
  }

  pause(): void {
    this.stream.pause()
  }

  resume(): void {
    this.stream.resume()
  }

  protected watchStream(): void {
    if (this.isWatched) return
    this.isWatched = true
    // Before grpc-js's own. A stream that was reset ends, too, and is closed by then.
    this.stream.prependListener('end', () => {
      if (!this.stream.closed) this.ended()
    })
    // A paused stream that was reset tells no end, and so no close, before it has been read.
    this.stream.once('aborted', () => this.aborted())
    if (this.stream.destroyed) setImmediate(() => this.gone())
    else this.stream.once('close', () => this.gone())
  }
}
