import { createServer, type Socket } from 'node:net'
import type { Application, Exchange, RequestBody } from '../../src/http2/exchange.ts'
import { encodeFields } from '../../src/http2/hpack/encode.ts'
import type { RequestFields } from '../../src/http2/request-fields.ts'
import { createResponse } from '../../src/http2/response.ts'
import { createSession, type Session } from '../../src/http2/session.ts'

/** A server of `createSession` whose application answers with the request's own body, and remembers what it saw. */
export interface EchoServer {
  readonly port: number
  readonly requests: readonly EchoRequest[]
  /** Why connections were ended, in order. */
  readonly refused: readonly string[]
  readonly faults: readonly unknown[]
  readonly sessions: readonly Session[]
  readonly sockets: readonly Socket[]
  close(): void
}

export interface EchoRequest {
  readonly fields: RequestFields
  readonly exchange: Exchange
  readonly bytes: number
  readonly gone: boolean
  /** Answers now; what was not asked to wait answers by itself when the request has ended. */
  answer(body?: Buffer): void
}

export interface EchoOptions {
  /** `wait`: nobody answers but the test. `pause`: nothing of the body is read until the test resumes. */
  readonly how?: 'echo' | 'wait' | 'pause'
  /** As in SessionDeps. */
  readonly stuckMs?: number
}

const HEAD = encodeFields([[':status', '200']])
const TRAILERS = encodeFields([['grpc-status', '0']])

export async function startEcho({ how = 'echo', ...limits }: EchoOptions = {}): Promise<EchoServer> {
  const requests: EchoRequest[] = []
  const refused: string[] = []
  const faults: unknown[] = []
  const sessions: Session[] = []
  const sockets: Socket[] = []

  const application: Application<RequestFields> = {
    readHead: (fields) => fields,
    open(fields, exchange) {
      const chunks: Buffer[] = []
      const state = { bytes: 0, gone: false }
      const answer = (body = Buffer.concat(chunks)) => exchange.respond(createResponse(HEAD, body, TRAILERS))
      requests.push({
        fields,
        exchange,
        answer,
        get bytes() {
          return state.bytes
        },
        get gone() {
          return state.gone
        },
      })
      if (how === 'pause') exchange.pause()
      const body: RequestBody = {
        chunk(bytes) {
          chunks.push(Buffer.from(bytes))
          state.bytes += bytes.length
        },
        ended() {
          if (how === 'echo') answer()
        },
        gone() {
          if (state.gone) throw new Error('told twice that it is gone')
          state.gone = true
        },
      }
      return body
    },
  }

  const server = createServer((socket) => {
    sockets.push(socket)
    sessions.push(
      createSession(socket, {
        application,
        onRefused: (reason) => refused.push(reason),
        onFault: (error) => faults.push(error),
        ...limits,
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    requests,
    refused,
    faults,
    sessions,
    sockets,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
