import type { Application, RequestBody } from '../../http2/exchange.ts'
import { createReadHead, type GrpcHead } from './grpc-head.ts'
import type { ConnectionCalls } from './idle-calls.ts'
import { LeanCall, type LeanCallShared } from './lean-call.ts'
import type { LeanMethod } from './lean-method.ts'

/** gRPC's unary calls as an application of HTTP/2: one for each connection, with its account. */
export function createGrpcApplication(
  methods: ReadonlyMap<string, LeanMethod>,
  shared: LeanCallShared,
): (calls: ConnectionCalls) => Application<GrpcHead> {
  const readHead = createReadHead(methods)
  return (calls) => ({
    readHead,
    open(head, exchange) {
      if (head.method !== null) {
        calls.opened()
        return new LeanCall(shared, head.method, head.timeoutMs, { exchange, connection: calls })
      }
      exchange.respond(head.answer)
      return NOBODY
    },
  })
}

/** Of a request that was answered by its fields alone: the rest of it is dropped. */
const NOBODY: RequestBody = { chunk() {}, ended() {}, gone() {} }
