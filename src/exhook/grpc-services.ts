import type {
  ServerUnaryCall,
  ServiceDefinition,
  sendUnaryData,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { serviceName } from '../events/contract.ts'
import { type ContractVersion, RPCS, type RpcRow } from '../hooks.ts'
import type { HandleCall, HookHandler } from './hook-handler.ts'

/** A service for grpc-js's `addService`, whose requests and replies are Buffers as they came and go. */
export interface ByteService {
  readonly definition: ServiceDefinition
  readonly implementation: UntypedServiceImplementation
}

/** Told when a call was handed to the handler, and when it was answered. */
export interface CallsInFlight {
  began(): void
  ended(): void
}

const asIs = (bytes: Buffer): Buffer => bytes

/** The HookProvider service of one version, made from the table: one method for each of its RPCs. */
export function createByteService(
  version: ContractVersion,
  handler: HookHandler,
  inFlight: CallsInFlight,
): ByteService {
  const rows: readonly RpcRow[] = RPCS.filter((row: RpcRow) => row.only === undefined || row.only === version)
  return {
    definition: Object.fromEntries(rows.map((row) => [row.rpc, methodOf(version, row)])),
    implementation: Object.fromEntries(
      rows.map((row) => [row.rpc, unary(handler.rpc(row, version), inFlight)]),
    ),
  }
}

const methodOf = (version: ContractVersion, row: RpcRow): ServiceDefinition[string] => ({
  path: `/${serviceName(version)}/${row.rpc}`,
  requestStream: false,
  responseStream: false,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
})

function unary(handle: HandleCall, inFlight: CallsInFlight) {
  return (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    inFlight.began()
    handle(call.request, deadlineMs(call), (reply) => {
      inFlight.ended()
      if (reply.body !== null) callback(null, reply.body)
      else callback({ code: reply.status, details: reply.message })
    })
  }
}

function deadlineMs(call: ServerUnaryCall<Buffer, Buffer>): number {
  const deadline = call.getDeadline()
  return typeof deadline === 'number' ? deadline : deadline.getTime()
}
