import { callFields, encodeFrame, FLAG, FRAME, grpcMessage, literals, PREFACE } from '../http2-frames.ts'
import { type Attack, byteByByte, HOOK_PATH, once } from './attack.ts'

const NOTHING = Buffer.alloc(0)
const headers = encodeFrame(FRAME.headers, FLAG.endHeaders, 1, literals(callFields(HOOK_PATH)))
const body = encodeFrame(FRAME.data, FLAG.endStream, 1, grpcMessage(Buffer.alloc(5000)))
const garbage = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 167 + 13) % 256))

/** Connections that are no good, and slow ones. */
export const CONNECTION_ATTACKS: readonly Attack[] = [
  {
    name: 'connections',
    cutFor: 'no_greeting',
    mayStay: true,
    longMs: 13_000,
    what: 'connections opened at once that say nothing',
    connections: 1000,
    opening: NOTHING,
    sender: once(NOTHING, 0),
  },
  {
    name: 'too-many-connections',
    cutFor: 'too_many',
    what: 'connections opened at once, each with its SETTINGS',
    connections: 1500,
    sender: once(NOTHING, 0),
  },
  {
    name: 'half-open',
    what: 'connections that end their own side at once and stay',
    connections: 200,
    ends: true,
    sender: once(NOTHING, 0),
  },
  {
    name: 'slow-preface',
    cutFor: 'no_greeting',
    mayStay: true,
    longMs: 13_000,
    what: "bytes of HTTP/2's first line, ten a second on each connection",
    connections: 200,
    opening: NOTHING,
    everyMs: 100,
    sender: byteByByte(NOTHING, PREFACE),
  },
  {
    name: 'slow-headers',
    what: 'bytes of a header block, ten a second on each connection',
    connections: 200,
    everyMs: 100,
    sender: byteByByte(headers.subarray(0, 20), headers.subarray(20)),
  },
  {
    name: 'slow-body',
    what: 'bytes of a message, ten a second on each connection',
    connections: 200,
    everyMs: 100,
    sender: byteByByte(Buffer.concat([headers, body.subarray(0, 14)]), body.subarray(14)),
  },
  {
    name: 'garbage',
    cutFor: 'protocol',
    what: 'connections that send anything',
    opening: NOTHING,
    sender: once(garbage),
  },
  {
    name: 'http1',
    cutFor: 'protocol',
    what: 'requests of HTTP/1.1',
    opening: NOTHING,
    sender: once(Buffer.from('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n')),
  },
  {
    name: 'tls',
    cutFor: 'tls_on_plain_port',
    what: 'TLS handshakes, as for `https://`',
    opening: NOTHING,
    sender: once(Buffer.from('16030100c8010000c40303', 'hex')),
  },
]
