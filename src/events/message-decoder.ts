import type { FieldDescriptor, MessageDescriptor } from './contract.ts'
import { MalformedRequestError, WIRE, WireReader, type WireType } from './wire-reader.ts'

/** A decoded message under the contract's own field names. */
export type RawMessage = Record<string, unknown>

/**
 * Decodes one message type. Every field of the type is there: what the body does not have reads as proto3's default
 * ('' / 0 / false / empty), a missing message as the empty message of its type. Fields given twice: the last one wins,
 * messages are merged, as protobuf says. Unknown fields are passed over. `bytes` fields are views of the body.
 * Throws MalformedRequestError for anything else.
 */
export type DecodeMessage = (body: Buffer) => RawMessage

/** A map<string, string>. It has no prototype, so that a key such as `__proto__` is a key like any other. */
export type StringMap = Record<string, string>

interface Field {
  readonly wireType: WireType
  readonly read: (into: RawMessage, reader: WireReader) => void
}

/** What is known of a message type before any body arrives. */
interface Plan {
  /** By field number. */
  readonly fields: readonly (Field | undefined)[]
  /** A message of this type in which nothing is set; new ones are copied from it. */
  readonly blank: RawMessage
  /** The one that stands where a message is missing; frozen, because it is shared. */
  readonly missing: RawMessage
}

const NO_ITEMS: readonly unknown[] = Object.freeze([])
const NO_BYTES = Buffer.alloc(0)
/** An object without prototype that V8 keeps in its fast form, unlike `Object.create(null)`. */
const StringMapOf = function StringMap() {} as unknown as new () => StringMap
StringMapOf.prototype = Object.create(null)
const NO_ENTRIES: StringMap = Object.freeze(new StringMapOf())

interface Scalar {
  readonly wireType: WireType
  readonly blank: unknown
  readonly read: (reader: WireReader) => unknown
}

/** The scalar types that the contract has. */
const SCALARS: Readonly<Record<string, Scalar>> = {
  TYPE_STRING: { wireType: WIRE.bytes, blank: '', read: (reader) => reader.string() },
  TYPE_BYTES: { wireType: WIRE.bytes, blank: NO_BYTES, read: (reader) => reader.bytes() },
  TYPE_UINT32: { wireType: WIRE.varint, blank: 0, read: (reader) => reader.uint32() },
  TYPE_ENUM: { wireType: WIRE.varint, blank: 0, read: (reader) => reader.uint32() | 0 },
  TYPE_BOOL: { wireType: WIRE.varint, blank: false, read: (reader) => reader.bool() },
  TYPE_UINT64: { wireType: WIRE.varint, blank: 0, read: (reader) => reader.uint64() },
  TYPE_INT64: { wireType: WIRE.varint, blank: 0, read: (reader) => reader.int64() },
}

/**
 * Makes decoders from the contract's types. `omit` names fields, as `Type.field`, whose values are passed over and
 * never become a JavaScript value: they read as the default.
 * Throws for an unknown type or omitted field, for a type that contains itself (the nesting of a body is bounded by the
 * types), and for kinds of field that the contract does not have and this decoder therefore does not read.
 */
export function createDecoders(
  types: ReadonlyMap<string, MessageDescriptor>,
  omit: Iterable<string> = [],
): (type: string) => DecodeMessage {
  const plans = createPlans(types, new Set(omit))
  const reader = new WireReader()
  return (type) => {
    const plan = plans(type)
    return (body) => {
      reader.open(body)
      try {
        return readFields(plan, { ...plan.blank }, reader)
      } finally {
        reader.close()
      }
    }
  }
}

function readFields(plan: Plan, into: RawMessage, reader: WireReader): RawMessage {
  const { fields } = plan
  while (reader.pos < reader.end) {
    const tag = reader.tag()
    const number = tag >>> 3
    const field = number < fields.length ? fields[number] : undefined
    if (field === undefined) reader.skip(tag & 7)
    else if (field.wireType !== (tag & 7)) throw new MalformedRequestError('a field has the wrong wire type')
    else field.read(into, reader)
  }
  return into
}

/** Reads the message that follows into `into`, and returns it. */
function readNested(plan: Plan, into: RawMessage, reader: WireReader): RawMessage {
  const outerEnd = reader.end
  reader.end = reader.lengthEnd()
  readFields(plan, into, reader)
  reader.end = outerEnd
  return into
}

function createPlans(types: ReadonlyMap<string, MessageDescriptor>, omit: ReadonlySet<string>) {
  const plans = new Map<string, Plan | 'in the making'>()

  function planOf(typeName: string): Plan {
    const known = plans.get(typeName)
    if (known === 'in the making') throw new Error(`${typeName} contains itself`)
    if (known !== undefined) return known
    const type = types.get(typeName)
    if (type === undefined) throw new Error(`the contract has no message type ${typeName}`)
    plans.set(typeName, 'in the making')
    const fields: (Field | undefined)[] = []
    const blank: RawMessage = {}
    for (const descriptor of type.field) {
      const { field, value } = fieldOf(type, descriptor)
      fields[descriptor.number] = omit.has(`${type.name}.${descriptor.name}`)
        ? passOver(field.wireType)
        : field
      blank[descriptor.name] = value
    }
    // A field number that nobody has is `undefined`, not a hole.
    const plan = { fields: Array.from(fields), blank, missing: Object.freeze({ ...blank }) }
    plans.set(typeName, plan)
    return plan
  }

  function fieldOf(type: MessageDescriptor, descriptor: FieldDescriptor): { field: Field; value: unknown } {
    const { name, typeName } = descriptor
    const repeated = descriptor.label === 'LABEL_REPEATED'
    if (descriptor.type === 'TYPE_MESSAGE') {
      const entry = type.nestedType.find((nested) => nested.name === typeName)
      if (entry?.options?.mapEntry === true) return { field: mapField(name, entry), value: NO_ENTRIES }
      const plan = planOf(typeName)
      return repeated
        ? { field: listField(name, (reader) => readNested(plan, { ...plan.blank }, reader)), value: NO_ITEMS }
        : { field: messageField(name, plan), value: plan.missing }
    }
    const scalar = SCALARS[descriptor.type]
    if (scalar === undefined) throw new Error(`${type.name}.${name}: no decoder for ${descriptor.type}`)
    if (!repeated) return { field: scalarField(name, scalar), value: scalar.blank }
    // Repeated numbers may be packed, and the contract has none.
    if (scalar.wireType !== WIRE.bytes)
      throw new Error(`${type.name}.${name}: no decoder for repeated numbers`)
    return { field: listField(name, scalar.read), value: NO_ITEMS }
  }

  return planOf
}

/**
 * Topic filters, properties or headers of one packet, at most. An MQTT packet of 1 MB has room for 250,000 filters; each would
 * become an object, and a record for every rule.
 */
const MAX_ITEMS = 10_000

const passOver = (wireType: WireType): Field => ({ wireType, read: (_, reader) => reader.skip(wireType) })

const scalarField = (name: string, { wireType, read }: Scalar): Field => ({
  wireType,
  read: (into, reader) => {
    into[name] = read(reader)
  },
})

const messageField = (name: string, plan: Plan): Field => ({
  wireType: WIRE.bytes,
  read: (into, reader) => {
    const earlier = into[name] as RawMessage
    into[name] = readNested(plan, earlier === plan.missing ? { ...plan.blank } : earlier, reader)
  },
})

const listField = (name: string, readItem: (reader: WireReader) => unknown): Field => ({
  wireType: WIRE.bytes,
  read: (into, reader) => {
    const item = readItem(reader)
    const list = into[name]
    if (list === NO_ITEMS) into[name] = [item]
    else if ((list as unknown[]).push(item) > MAX_ITEMS) {
      throw new MalformedRequestError(`there are more than ${MAX_ITEMS} ${name}`)
    }
  },
})

/** On the wire a map is a list of entries, each a message with the fields `key` = 1 and `value` = 2. */
function mapField(name: string, entry: MessageDescriptor): Field {
  const isText = entry.field.every((field) => field.type === 'TYPE_STRING')
  if (!isText) throw new Error(`${name}: no decoder for maps other than of text to text`)
  // Of the map that is being read: a message has one of each name, and is read to its end before another.
  let entries = 0
  return {
    wireType: WIRE.bytes,
    read: (into, reader) => {
      let map = into[name] as StringMap
      if (map === NO_ENTRIES) {
        into[name] = map = new StringMapOf()
        entries = 0
      }
      if (++entries > MAX_ITEMS) throw new MalformedRequestError(`there are more than ${MAX_ITEMS} ${name}`)
      readEntry(map, reader)
    },
  }
}

function readEntry(map: StringMap, reader: WireReader): void {
  const outerEnd = reader.end
  reader.end = reader.lengthEnd()
  let key = ''
  let value = ''
  while (reader.pos < reader.end) {
    const tag = reader.tag()
    if (tag === ((1 << 3) | WIRE.bytes)) key = reader.string()
    else if (tag === ((2 << 3) | WIRE.bytes)) value = reader.string()
    else if (tag >>> 3 <= 2) throw new MalformedRequestError('a field has the wrong wire type')
    else reader.skip(tag & 7)
  }
  reader.end = outerEnd
  map[key] = value
}
