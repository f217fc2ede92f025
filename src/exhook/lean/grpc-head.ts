import type { RequestFields } from '../../http2/request-fields.ts'
import type { Response } from '../../http2/response.ts'
import { httpAnswer, statusAnswer } from './grpc-responses.ts'
import { parseGrpcTimeout } from './grpc-timeout.ts'
import type { LeanMethod } from './lean-method.ts'

/** What the fields of a request ask for: a method of ours, or nothing but this answer. */
export type GrpcHead =
  | { readonly method: LeanMethod /** Infinity when the client tells none. */; readonly timeoutMs: number }
  | { readonly method: null; readonly answer: Response }

/**
 * Reads the fields of a request as gRPC over HTTP/2 has them. Whoever does not speak gRPC gets a status of HTTP, all others
 * a status of gRPC.
 */
export function createReadHead(
  methods: ReadonlyMap<string, LeanMethod>,
): (fields: RequestFields) => GrpcHead {
  return ({ tooLarge, method: httpMethod, path, others }) => {
    if (tooLarge) return { method: null, answer: statusAnswer(8, 'the header of this request is too large') }
    if (httpMethod !== 'POST') return { method: null, answer: httpAnswer(405) }
    if (!GRPC_TYPE.test(others.get('content-type') ?? '')) return { method: null, answer: httpAnswer(415) }
    const method = methods.get(path)
    if (method === undefined)
      return { method: null, answer: statusAnswer(12, 'there is no such method here') }
    const timeoutMs = parseGrpcTimeout(others.get('grpc-timeout'))
    if (timeoutMs === undefined) {
      return {
        method: null,
        answer: statusAnswer(13, 'grpc-timeout is a number of up to 8 digits and a unit'),
      }
    }
    return { method, timeoutMs }
  }
}

const GRPC_TYPE = /^application\/grpc(?:[+;]|$)/
