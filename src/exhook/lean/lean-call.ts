import type { Exchange, RequestBody } from '../../http2/exchange.ts'
import type { Response } from '../../http2/response.ts'
import type { HookReply } from '../replies.ts'
import { Reception, type ReceptionRefusal, type ReceptionShared } from '../request-reception.ts'
import { type CallsInFlight, runCall } from '../run-call.ts'
import type { ConnectionCalls } from './idle-calls.ts'
import type { LeanMethod } from './lean-method.ts'

export interface LeanCallShared extends ReceptionShared {
  readonly inFlight: CallsInFlight
  readonly answerOf: (reply: HookReply) => Response
}

/** Where a call came in. */
export interface LeanCallPlace {
  readonly exchange: Exchange
  readonly connection: ConnectionCalls
}

/** One unary call: its request comes in as the body of an HTTP/2 request, and is handled when that has ended. */
export class LeanCall extends Reception implements RequestBody {
  private readonly calls: LeanCallShared
  private readonly method: LeanMethod
  private readonly exchange: Exchange
  private readonly connection: ConnectionCalls
  private readonly until: number

  constructor(
    shared: LeanCallShared,
    method: LeanMethod,
    timeoutMs: number,
    { exchange, connection }: LeanCallPlace,
  ) {
    super(shared)
    this.calls = shared
    this.method = method
    this.exchange = exchange
    this.connection = connection
    this.until = Date.now() + timeoutMs
  }

  override ended(): void {
    if (this.isWhole) this.run()
    else super.ended()
  }

  /** What came whole is an event all the same, even when its sender takes it back. */
  override gone(): void {
    if (this.isWhole) this.run()
    this.connection.closed()
    super.gone()
  }

  override take(): Buffer | null {
    const body = super.take()
    if (body !== null) this.connection.began()
    return body
  }

  override answered(): void {
    this.connection.answered()
  }

  override get isGone(): boolean {
    return this.exchange.closed || this.exchange.ended
  }

  protected override get isUnwelcome(): boolean {
    return this.connection.isCrowded
  }

  override pause(): void {
    this.exchange.pause()
  }

  override resume(): void {
    this.exchange.resume()
  }

  protected override deadlineMs(): number {
    return this.until
  }

  protected override hand(): void {
    if (this.exchange.ended) this.run()
  }

  protected override refuse(reason: ReceptionRefusal): void {
    this.exchange.respond(this.calls.answerOf(this.method.refuse(reason)))
  }

  /** The stream tells its end in any case. */
  protected override watchStream(): void {
    if (this.exchange.closed) setImmediate(() => super.gone())
  }

  private run(): void {
    const { inFlight, answerOf } = this.calls
    runCall(this, this.method.handle, this.until, inFlight, (reply) => this.exchange.respond(answerOf(reply)))
  }
}
