import { CLIENT_DIGITS, type LoadPlan, SEQUENCE_DIGITS } from './load-plan.ts'

const GRPC_PREFIX_BYTES = 5

/** Which of so many connections a client's calls go over: by FNV-1a of its id, as in the program in Go. */
export function connectionOf(clientid: string, connections: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < clientid.length; i++) hash = Math.imul(hash ^ clientid.charCodeAt(i), 0x01000193)
  return ((hash ^ (hash >>> 16)) >>> 0) % connections
}

/** Makes the gRPC message of a client's next call. It is overwritten by the next one of the same shape. */
export function createRequests({ calls, clients }: Pick<LoadPlan, 'calls' | 'clients'>) {
  const shapes = calls.map(({ message, ...shape }) => {
    const body = Buffer.from(message, 'base64')
    const bytes = Buffer.alloc(GRPC_PREFIX_BYTES + body.length)
    bytes.writeUInt32BE(body.length, 1)
    body.copy(bytes, GRPC_PREFIX_BYTES)
    return { ...shape, bytes }
  })
  return ({ number, step, sequence }: { number: number; step: number; sequence: number }) => {
    const shape = shapes[step]
    if (shape === undefined) throw new Error(`no call ${step} in the plan`)
    const put = (at: number, value: number, digits: number) =>
      void shape.bytes.write(String(value).padStart(digits, '0'), GRPC_PREFIX_BYTES + at, 'latin1')
    for (const at of shape.client) put(at, number, CLIENT_DIGITS)
    for (const at of shape.peer) put(at, (number + 1) % clients, CLIENT_DIGITS)
    put(shape.sequence, sequence, SEQUENCE_DIGITS)
    return { path: shape.path, message: shape.bytes }
  }
}
