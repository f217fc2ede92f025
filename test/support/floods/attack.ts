import type { ConnectionRefusal } from '../../../src/exhook/connection-refusals.ts'
import {
  encodeFrame,
  type Field,
  FLAG,
  FRAME,
  indexed,
  PREFACE,
  remembered,
  settings,
} from '../http2-frames.ts'

/** What one write sends. */
export interface Chunk {
  readonly bytes: Buffer
  /** How often it does what the attack counts: frames, calls, bytes of a slow sender. */
  readonly count: number
}

/** A misbehaving client: what each of its connections sends. A connection that is closed is opened anew. */
export interface Attack {
  readonly name: string
  /** What is counted, in a few words. */
  readonly what: string
  /** Default 1. */
  readonly connections?: number
  /** What each connection sends first. Default: what every HTTP/2 client does. */
  readonly opening?: Buffer
  /** False: it never reads what the server answers. Default true. */
  readonly reads?: boolean
  /** A pause between two writes of one connection. Default 0: as fast as the server reads. */
  readonly everyMs?: number
  /** It says at once that it will send no more, and stays. */
  readonly ends?: boolean
  /** For what its connections are cut; absent: they stay within bounds, or end by themselves. */
  readonly cutFor?: ConnectionRefusal
  /** It may also stay: the time has not come, or the server reads no further while its answers wait. */
  readonly mayStay?: true
  /** `npm run floods` goes on for so long at least, to see its end. */
  readonly longMs?: number
  /** For each connection: what its nth write sends; null when there is no more. */
  readonly sender: () => (turn: number) => Chunk | null
}

export const OPENING: Buffer = Buffer.concat([PREFACE, settings()])
export const HOOK_PATH = '/emqx.exhook.v2.HookProvider/OnMessagePublish'

/** One write: large enough to be cheap, small enough that the server's side of the socket decides. */
const CHUNK_BYTES = 64 * 1024

/** The same frame again and again. */
export const repeat =
  (frame: Buffer): Attack['sender'] =>
  () => {
    const count = Math.max(1, Math.floor(CHUNK_BYTES / frame.length))
    const chunk = { bytes: Buffer.concat(Array.from({ length: count }, () => frame)), count }
    return () => chunk
  }

/** Streams one after the other, `perWrite` in each write: the first tells the headers, the others repeat them in a byte each. */
export const streams =
  (fields: readonly Field[], rest: (stream: number) => readonly Buffer[], perWrite: number, most?: number) =>
  () => {
    let stream = -1
    const again = Buffer.concat(fields.map((_, i) => indexed(fields.length - 1 - i)))
    return (): Chunk | null => {
      const pieces: Buffer[] = []
      let count = 0
      for (; count < perWrite && (stream + 1) / 2 < (most ?? Number.POSITIVE_INFINITY); count++) {
        stream += 2
        const block = stream === 1 ? remembered(fields) : again
        pieces.push(encodeFrame(FRAME.headers, FLAG.endHeaders, stream, block), ...rest(stream))
      }
      return count === 0 ? null : { bytes: Buffer.concat(pieces), count }
    }
  }

/** These bytes once, and then nothing. */
export const once =
  (bytes: Buffer, count = 1): Attack['sender'] =>
  () =>
  (turn) =>
    turn === 0 ? { bytes, count } : null

/** A byte a write. */
export const byteByByte =
  (first: Buffer, then: Buffer): Attack['sender'] =>
  () =>
  (turn) => {
    if (turn === 0) return { bytes: first, count: first.length }
    return turn <= then.length ? { bytes: then.subarray(turn - 1, turn), count: 1 } : null
  }
