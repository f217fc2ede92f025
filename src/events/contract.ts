import { join } from 'node:path'
import { loadSync, type MessageTypeDefinition, type ServiceDefinition } from '@grpc/proto-loader'
import { CONTRACT_VERSIONS, type ContractVersion, RPCS, type RpcRow } from '../hooks.ts'

/** A field of a message type, as protobuf's own FieldDescriptorProto tells it. */
export interface FieldDescriptor {
  readonly name: string
  readonly number: number
  readonly label: 'LABEL_OPTIONAL' | 'LABEL_REPEATED' | 'LABEL_REQUIRED'
  /** `TYPE_STRING`, `TYPE_MESSAGE`, … */
  readonly type: string
  /** The name of a message's or an enum's type within its package; empty for the others. */
  readonly typeName: string
}

/** A message type, as protobuf's own DescriptorProto tells it. */
export interface MessageDescriptor {
  readonly name: string
  readonly field: readonly FieldDescriptor[]
  readonly nestedType: readonly MessageDescriptor[]
  readonly options: { readonly mapEntry?: boolean } | null
}

/** EMQX's contract as `protos/` tells it, checked against the table of hooks. */
export interface Contract {
  /** The service of each version, with the types, the encoders and the decoders of its RPCs. */
  readonly services: Readonly<Record<ContractVersion, ServiceDefinition>>
  /** The message types by name. They are those of v3, which read the requests of v2 as well. */
  readonly types: ReadonlyMap<string, MessageDescriptor>
}

/** What @grpc/proto-loader knows of an RPC: its types, encoders and decoders. Throws for one that the version has not. */
export function methodOf(
  contract: Contract,
  version: ContractVersion,
  rpc: string,
): ServiceDefinition[string] {
  const method = contract.services[version][rpc]
  if (method === undefined) throw new Error(`version ${version} of the contract has no ${rpc}`)
  return method
}

/** The request type of an RPC. */
export const requestTypeOf = (contract: Contract, rpc: string): MessageDescriptor =>
  methodOf(contract, 'v3', rpc).requestType.type as MessageDescriptor

const PROTOS = join(import.meta.dirname, '..', '..', 'protos')

/** How proto-loader turns messages into objects and back; the hot path does not use it. */
const LOADER_OPTIONS = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true } as const

/** The gRPC name of the service, e.g. `emqx.exhook.v3.HookProvider`. */
export const serviceName = (version: ContractVersion): string => `emqx.exhook.${version}.HookProvider`

/**
 * Loads both versions of the contract from `protos/`.
 * Throws when a service differs from the table in `hooks.ts`, or when v3's types could not read v2's requests.
 */
export function loadContract(): Contract {
  const v2 = loadVersion('v2')
  const v3 = loadVersion('v3')
  const mistakes = [
    ...CONTRACT_VERSIONS.flatMap((v) => serviceMistakes(v, (v === 'v2' ? v2 : v3).service)),
    ...typeMistakes(v2.types, v3.types),
  ]
  if (mistakes.length > 0) throw new Error(`protos/ does not fit this program: ${mistakes.join('; ')}`)
  return { services: { v2: v2.service, v3: v3.service }, types: v3.types }
}

interface LoadedVersion {
  readonly service: ServiceDefinition
  readonly types: ReadonlyMap<string, MessageDescriptor>
}

function loadVersion(version: ContractVersion): LoadedVersion {
  const definitions = loadSync(join(PROTOS, `exhook_${version}.proto`), LOADER_OPTIONS)
  const name = serviceName(version)
  const types = new Map<string, MessageDescriptor>()
  for (const definition of Object.values(definitions)) {
    if (definition.format !== 'Protocol Buffer 3 DescriptorProto') continue
    const type = (definition as MessageTypeDefinition<object, object>).type as MessageDescriptor
    types.set(type.name, type)
  }
  return { service: definitions[name] as ServiceDefinition, types }
}

const REPLY_TYPES = { loaded: 'LoadedResponse', empty: 'EmptySuccess', valued: 'ValuedResponse' } as const

/** What differs between a service and the rows of the table for its version; empty when nothing does. */
export function serviceMistakes(
  version: ContractVersion,
  service: ServiceDefinition | undefined,
  table: readonly RpcRow[] = RPCS,
): string[] {
  if (service === undefined) return [`${serviceName(version)} is missing`]
  const rows = table.filter((row) => row.only === undefined || row.only === version)
  const names = new Set<string>(rows.map((row) => row.rpc))
  const unknown = Object.keys(service).filter((rpc) => !names.has(rpc))
  return [
    ...unknown.map((rpc) => `${version} ${rpc} is not in the table of hooks`),
    ...rows.flatMap((row) => {
      const method = service[row.rpc]
      if (method === undefined) return [`${version} ${row.rpc} is missing`]
      if (method.requestStream || method.responseStream) return [`${version} ${row.rpc} is not unary`]
      const reply = (method.responseType.type as MessageDescriptor).name
      return reply === REPLY_TYPES[row.reply] ? [] : [`${version} ${row.rpc} returns ${reply}`]
    }),
  ]
}

/** Each field of the older types that the newer ones do not read in the same way. */
export function typeMistakes(
  older: ReadonlyMap<string, MessageDescriptor>,
  newer: ReadonlyMap<string, MessageDescriptor>,
): string[] {
  return [...older.values()].flatMap((type) => {
    const fields = newer.get(type.name)?.field ?? []
    return type.field
      .filter((field) => !fields.some((other) => sameField(field, other)))
      .map((field) => `v3 has no ${type.name}.${field.name} = ${field.number} as v2 has it`)
  })
}

const sameField = (a: FieldDescriptor, b: FieldDescriptor): boolean =>
  a.name === b.name &&
  a.number === b.number &&
  a.label === b.label &&
  a.type === b.type &&
  a.typeName === b.typeName
