import type { RequestFields } from './request-fields.ts'
import type { Response } from './response.ts'

/** One request and its response, as the application sees them: a stream of HTTP/2. */
export interface Exchange {
  /** Sends the whole response; once. Does nothing when the stream has closed. The request may still come in. */
  respond(response: Response): void
  /** Holds the rest of the body back, and so its sender: what it may still send is the stream's window. Safe twice. */
  pause(): void
  /** Gives what was held back, before it returns. Safe without `pause`. */
  resume(): void
  /** The stream is over: all was said on both sides, or it was reset, or its connection is closed. */
  readonly closed: boolean
  /** The request has ended. */
  readonly ended: boolean
}

/** What the application makes of a request as it comes in. Nothing here may throw. */
export interface RequestBody {
  /** The next bytes: a view, to be used up or copied before it returns. `ended` of the exchange is true with the last. */
  chunk(bytes: Buffer): void
  /** All of the request has come; not told when it was answered before. */
  ended(): void
  /** The stream is over, in whatever way; told once. */
  gone(): void
}

/** The application over all connections. */
export interface Application<Head> {
  /** Understands a request's fields. What it returns is remembered, and given again with equal ones. */
  readHead(fields: RequestFields): Head
  /** A request begins. */
  open(head: Head, exchange: Exchange): RequestBody
}
