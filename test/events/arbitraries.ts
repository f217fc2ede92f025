import fc from 'fast-check'
import type { Contract, FieldDescriptor, MessageDescriptor } from '../../src/events/contract.ts'

/** Any text that UTF-8 can carry. */
const text = fc.string({ unit: 'binary', maxLength: 40 })

const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  TYPE_STRING: text,
  TYPE_BYTES: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  TYPE_UINT32: fc.oneof(fc.nat(3), fc.nat(0xffffffff)),
  TYPE_BOOL: fc.boolean(),
  TYPE_ENUM: fc.nat(1),
  TYPE_UINT64: fc.oneof(fc.nat(), fc.bigInt(0n, 2n ** 64n - 1n)).map(String),
  TYPE_INT64: fc.oneof(fc.integer(), fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)).map(String),
}

/** Objects of a message type, any field of which may be missing, as an encoder takes them. */
export function messageArbitrary(
  contract: Contract,
  typeName: string,
): fc.Arbitrary<Record<string, unknown>> {
  const type = contract.types.get(typeName) as MessageDescriptor
  const fields = type.field.map((field) => [field.name, fieldArbitrary(contract, type, field)] as const)
  return fc.record(Object.fromEntries(fields), { requiredKeys: [] }) as fc.Arbitrary<Record<string, unknown>>
}

function fieldArbitrary(contract: Contract, type: MessageDescriptor, field: FieldDescriptor) {
  const repeated = field.label === 'LABEL_REPEATED'
  if (field.type !== 'TYPE_MESSAGE') {
    const scalar = SCALARS[field.type] as fc.Arbitrary<unknown>
    return repeated ? fc.array(scalar, { maxLength: 4 }) : scalar
  }
  // protobufjs loses a key `__proto__`; that one has a test of its own.
  if (isMap(type, field))
    return fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      text,
      { maxKeys: 5 },
    )
  const message = messageArbitrary(contract, field.typeName)
  return repeated ? fc.array(message, { maxLength: 4 }) : message
}

export const isMap = (type: MessageDescriptor, field: FieldDescriptor): boolean =>
  type.nestedType.some((nested) => nested.name === field.typeName && nested.options?.mapEntry === true)

/** A change to bytes that EMQX would not make. */
export function mutate(body: Buffer, changes: readonly Mutation[]): Buffer {
  return changes.reduce<Buffer>((bytes, { kind, at, byte }) => {
    const index = Math.floor(at * bytes.length)
    if (kind === 'cut') return bytes.subarray(0, index)
    if (kind === 'drop') return Buffer.concat([bytes.subarray(0, index), bytes.subarray(index + 1)])
    if (kind === 'insert')
      return Buffer.concat([bytes.subarray(0, index), Buffer.of(byte), bytes.subarray(index)])
    const changed = Buffer.from(bytes)
    if (changed.length > 0) changed[index] = byte
    return changed
  }, body)
}

export interface Mutation {
  readonly kind: 'cut' | 'drop' | 'insert' | 'set'
  /** Where, 0–1. */
  readonly at: number
  readonly byte: number
}

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Mutation['kind'][]>('cut', 'drop', 'insert', 'set'),
    at: fc.double({ min: 0, max: 0.999999, noNaN: true }),
    byte: fc.nat(255),
  }),
  { minLength: 1, maxLength: 4 },
)
