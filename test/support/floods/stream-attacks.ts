import {
  callFields,
  encodeFrame,
  type Field,
  FLAG,
  FRAME,
  grpcMessage,
  indexed,
  literals,
  PREFACE,
  remembered,
  SETTING,
  settings,
} from '../http2-frames.ts'
import { type Attack, type Chunk, HOOK_PATH, streams } from './attack.ts'

const CALL = callFields(HOOK_PATH)
/** EMQX tells each call's timeout; these callers do not. */
const TIMELESS = CALL.filter(([name]) => name !== 'grpc-timeout')
/** OnMessagePublish without a message. */
const BODY = grpcMessage(Buffer.alloc(0))
const whole = (stream: number) => [encodeFrame(FRAME.data, FLAG.endStream, stream, BODY)]
const cancel = encodeFrame(FRAME.rstStream, 0, 0, Buffer.from([0, 0, 0, 8]))
const cancelled = (stream: number): readonly Buffer[] => {
  const frame = Buffer.from(cancel)
  frame.writeUInt32BE(stream, 5)
  return [frame]
}
const path = (text: string, more = {}) => callFields(text, more)

/** Streams, as many as the connection takes. */
export const STREAM_ATTACKS: readonly Attack[] = [
  {
    name: 'rapid-reset',
    cutFor: 'protocol',
    what: 'calls, each cancelled at once',
    sender: streams(CALL, cancelled, 500),
  },
  {
    name: 'rapid-reset-whole',
    cutFor: 'protocol',
    what: 'whole calls, each cancelled at once',
    sender: streams(CALL, (stream) => [...whole(stream), ...cancelled(stream)], 500),
  },
  {
    name: 'headers-only',
    cutFor: 'streams',
    what: 'streams with headers and nothing else, 100,000 on one connection',
    sender: streams(TIMELESS, () => [], 500, 100_000),
  },
  {
    name: 'half-prefix',
    cutFor: 'streams',
    what: 'streams with two bytes of a message',
    sender: streams(TIMELESS, (stream) => [encodeFrame(FRAME.data, 0, stream, Buffer.alloc(2))], 500),
  },
  {
    name: 'unread-replies',
    cutFor: 'streams',
    mayStay: true,
    what: 'whole calls, the replies never read',
    reads: false,
    sender: streams(CALL, whole, 100),
  },
  {
    name: 'zero-window',
    cutFor: 'streams',
    what: 'whole calls, no window for the replies',
    opening: Buffer.concat([PREFACE, settings({ [SETTING.initialWindowSize]: 0 })]),
    sender: streams(CALL, whole, 100),
  },
  {
    name: 'unknown-path',
    cutFor: 'other_calls',
    what: 'calls of an unknown RPC',
    sender: streams(path('/a/B'), whole, 500),
  },
  {
    name: 'huge-path',
    cutFor: 'headers',
    what: 'calls of an RPC whose name has 60,000 bytes',
    sender: largeBlocks(path(`/${'x'.repeat(60_000)}`)),
  },
  {
    name: 'not-grpc',
    cutFor: 'other_calls',
    what: 'requests of another content type',
    sender: streams(path(HOOK_PATH, { 'content-type': 'application/json' }), whole, 500),
  },
  {
    name: 'health-watch',
    cutFor: 'other_calls',
    what: "watches of gRPC's health service",
    sender: streams(path('/grpc.health.v1.Health/Watch'), whole, 100),
  },
  {
    name: 'hpack-bomb',
    cutFor: 'headers',
    what: 'calls whose headers repeat 4,000 bytes 100 times',
    sender: bomb,
  },
  {
    name: 'empty-headers',
    cutFor: 'flood',
    what: 'calls with 10,000 header fields of no bytes',
    sender: largeBlocks([...CALL, ...Array.from({ length: 10_000 }, (): Field => ['', ''])]),
  },
]

/** Calls whose headers take several frames each. */
function largeBlocks(fields: readonly Field[]): Attack['sender'] {
  const block = literals(fields)
  return () => {
    let stream = -1
    return () => {
      stream += 2
      return { bytes: Buffer.concat([...split(stream, block), ...whole(stream)]), count: 1 }
    }
  }
}

function bomb() {
  let stream = -1
  const large: Field = ['x', 'y'.repeat(4000)]
  return (): Chunk => {
    const pieces: Buffer[] = []
    for (let i = 0; i < 50; i++) {
      stream += 2
      const block = [literals(CALL), stream === 1 ? remembered([large]) : Buffer.alloc(0)]
      for (let n = 0; n < 100; n++) block.push(indexed(0))
      pieces.push(encodeFrame(FRAME.headers, FLAG.endHeaders, stream, Buffer.concat(block)), ...whole(stream))
    }
    return { bytes: Buffer.concat(pieces), count: 50 }
  }
}

/** A header block in frames of the largest size. */
function split(stream: number, block: Buffer): readonly Buffer[] {
  const frames: Buffer[] = []
  for (let at = 0; at < block.length; at += 16_384) {
    const last = at + 16_384 >= block.length ? FLAG.endHeaders : 0
    frames.push(
      encodeFrame(
        at === 0 ? FRAME.headers : FRAME.continuation,
        last,
        stream,
        block.subarray(at, at + 16_384),
      ),
    )
  }
  return frames
}
