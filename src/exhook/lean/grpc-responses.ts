import { encodeFields } from '../../http2/hpack/encode.ts'
import { createHeadersOnly, createResponse, type Response } from '../../http2/response.ts'
import type { HookReply } from '../replies.ts'

/** The answers of gRPC over HTTP/2, as whole responses. */

const HEAD = encodeFields([
  [':status', '200'],
  ['content-type', 'application/grpc+proto'],
])
const OK = encodeFields([['grpc-status', '0']])
/** A flag (not compressed: EMQX's client cannot read it otherwise) and a length before each message. */
const PREFIX_BYTES = 5

/** One message, and the status OK after it. */
export function messageAnswer(message: Buffer): Response {
  const body = Buffer.allocUnsafe(PREFIX_BYTES + message.length)
  body[0] = 0
  body.writeUInt32BE(message.length, 1)
  message.copy(body, PREFIX_BYTES)
  return createResponse(HEAD, body, OK)
}

/** A status and no message. */
export const statusAnswer = (status: number, message: string): Response =>
  createHeadersOnly(
    encodeFields([
      [':status', '200'],
      ['content-type', 'application/grpc+proto'],
      ['grpc-status', `${status}`],
      ['grpc-message', percentEncoded(message)],
    ]),
  )

/** For whoever does not speak gRPC. */
export function httpAnswer(status: 405 | 415): Response {
  return createResponse(
    encodeFields([
      [':status', `${status}`],
      ['content-type', 'text/plain'],
      ...(status === 405 ? [['allow', 'POST'] as const] : []),
    ]),
    Buffer.from('this port speaks gRPC: it is the url of an ExHook server in EMQX\n'),
    null,
  )
}

/** The responses of replies; each of the few that are built once and shared is made once. */
export function createAnswers(): (reply: HookReply) => Response {
  const made = new WeakMap<HookReply, Response>()
  return (reply) => {
    const before = made.get(reply)
    if (before !== undefined) return before
    const answer = reply.body === null ? statusAnswer(reply.status, reply.message) : messageAnswer(reply.body)
    // What is not frozen is made for one event.
    if (Object.isFrozen(reply)) made.set(reply, answer)
    return answer
  }
}

/** As the field `grpc-message` has it: bytes beyond printable ASCII, and the percent sign, as %XX. */
const percentEncoded = (text: string): string =>
  [...Buffer.from(text)]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e || byte === 0x25
        ? `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte),
    )
    .join('')
