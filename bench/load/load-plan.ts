/**
 * What a load program is to do: JSON on its standard input. There are two programs that understand it, in Go
 * (`test/peers/hook-load`) and in TypeScript (`node-load.ts`), and both print lines of JSON: LoadLine.
 */
export interface LoadPlan {
  readonly port: number
  /** HTTP/2 connections; EMQX has 8 by default. */
  readonly connections: number
  /** MQTT clients: one call in flight each, always on the connection that the hash of the client id picks. */
  readonly clients: number
  /** A client's id is this and six digits. */
  readonly prefix: string
  /** What each client calls, over and over. */
  readonly calls: readonly CallShape[]
  /** Calls a second, all clients together, evenly spaced; 0: each client calls again as soon as it is answered. */
  readonly rate: number
  readonly warmUpMs: number
  readonly measureMs: number
}

/** A hook call, and where in its bytes stand the digits that differ from call to call. */
export interface CallShape {
  readonly path: string
  /** The request, protobuf without gRPC's prefix, in base64. */
  readonly message: string
  /** Six digits each: the number of the client whose call it is. */
  readonly client: readonly number[]
  /** Six digits each: the number of the next client, who is the publisher of what this one receives. */
  readonly peer: readonly number[]
  /** Ten digits: how many calls this client has made before. */
  readonly sequence: number
}

export const CLIENT_DIGITS = 6
export const SEQUENCE_DIGITS = 10

/** Times in µs with their counts, in rising order; each within 1 % above what was measured. */
export type Times = readonly (readonly [microseconds: number, count: number])[]

export interface LoadResult {
  /** Calls that went out in all, those of the warm-up included. */
  readonly sent: number
  readonly answered: number
  /** Everything but an answer with status OK and a message. */
  readonly failed: number
  readonly firstFailure: string
  /** Answers that came in the measured part. */
  readonly measured: number
  /** How long the measured part took. */
  readonly seconds: number
  /** From when a call was due to its answer: in an open loop of the calls due in the measured part, else of those answered in it. */
  readonly latencyUs: Times
  /** How late the program itself came to the calls of an open loop; this is part of their latency. Empty for a closed one. */
  readonly lateUs: Times
  /** The program's own CPU time in the measured part. */
  readonly cpuMicroseconds: number
}

export type LoadLine = { readonly phase: 'begin' | 'end' } | { readonly result: LoadResult }
