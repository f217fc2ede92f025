import type { Application, RequestBody } from '../../http2/exchange.ts'
import { createReadHead, type GrpcHead } from './grpc-head.ts'
import type { LeanCallShared } from './lean-call.ts'
import { LeanCall } from './lean-call.ts'
import type { LeanMethod } from './lean-method.ts'

/** gRPC's unary calls as an application of HTTP/2. */
export function createGrpcApplication(
  methods: ReadonlyMap<string, LeanMethod>,
  shared: LeanCallShared,
): Application<GrpcHead> {
  return {
    readHead: createReadHead(methods),
    open(head, exchange) {
      if (head.method !== null) return new LeanCall(shared, head.method, head.timeoutMs, exchange)
      exchange.respond(head.answer)
      return NOBODY
    },
  }
}

/** Of a request that was answered by its fields alone: the rest of it is dropped. */
const NOBODY: RequestBody = { chunk() {}, ended() {}, gone() {} }
