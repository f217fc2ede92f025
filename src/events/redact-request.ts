import type { HookPoint } from '../hooks.ts'
import { HOOKS } from '../hooks.ts'
import { type Contract, type MessageDescriptor, requestTypeOf } from './contract.ts'
import { isSecretProperty } from './secret-property.ts'
import { WIRE, WireReader } from './wire-reader.ts'

/**
 * A copy of a hook's request without what must not leave the program: `ClientInfo.password` and properties named
 * `Authentication-Data`. Every other byte stays as it is, unknown fields too. For a body that decodeEvent has taken;
 * throws MalformedRequestError for another.
 */
export type RedactRequest = (hook: HookPoint, body: Buffer) => Buffer

/** What is to be done with the fields of a message, by the tag of a length-delimited one. */
type Plan = ReadonlyMap<number, 'drop' | 'drop-if-secret' | Plan>

export function createRedactRequest(contract: Contract): RedactRequest {
  const client = contract.types.get('ClientInfo') as MessageDescriptor
  const withoutPassword: Plan = new Map([[tagOf(client, 'password'), 'drop']])
  const nameTag = tagOf(contract.types.get('Property') as MessageDescriptor, 'name')
  const plans = new Map<HookPoint, Plan>()
  for (const [hook, row] of HOOKS) {
    const request = requestTypeOf(contract, row.rpc)
    const plan = new Map<number, 'drop-if-secret' | Plan>()
    for (const { name, typeName } of request.field) {
      if (typeName === 'ClientInfo') plan.set(tagOf(request, name), withoutPassword)
      if (typeName === 'Property') plan.set(tagOf(request, name), 'drop-if-secret')
    }
    plans.set(hook, plan)
  }
  const reader = new WireReader()
  return (hook, body) => {
    reader.open(body)
    try {
      return Buffer.concat(keptOf(plans.get(hook) as Plan, body, reader, nameTag))
    } finally {
      reader.close()
    }
  }
}

/** The parts of the body up to the reader's end that stay, in order. */
function keptOf(plan: Plan, body: Buffer, reader: WireReader, nameTag: number): Buffer[] {
  const kept: Buffer[] = []
  let from = reader.pos
  while (reader.pos < reader.end) {
    const start = reader.pos
    const tag = reader.tag()
    const what = plan.get(tag)
    if (what === undefined) {
      reader.skip(tag & 7)
      continue
    }
    const outerEnd = reader.end
    const end = reader.lengthEnd()
    const stays = what === 'drop-if-secret' && !isSecret(body, reader, end, nameTag)
    if (!stays) {
      kept.push(body.subarray(from, start))
      if (typeof what === 'object') {
        reader.end = end
        const inner = keptOf(what, body, reader, nameTag)
        kept.push(varint(tag), varint(lengthOf(inner)), ...inner)
      }
      from = end
    }
    reader.end = outerEnd
    reader.pos = end
  }
  kept.push(body.subarray(from, reader.end))
  return kept
}

/** Whether the property from the reader's place to `end` has the name of a secret one; of names given twice the last counts. */
function isSecret(body: Buffer, reader: WireReader, end: number, nameTag: number): boolean {
  const inner = new WireReader()
  inner.open(body.subarray(reader.pos, end))
  let secret = false
  while (inner.pos < inner.end) {
    const tag = inner.tag()
    if (tag === nameTag) secret = isSecretProperty(inner.string())
    else inner.skip(tag & 7)
  }
  return secret
}

const lengthOf = (parts: readonly Buffer[]): number => parts.reduce((sum, { length }) => sum + length, 0)

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  bytes.push(rest)
  return Buffer.from(bytes)
}

function tagOf(type: MessageDescriptor, name: string): number {
  const field = type.field.find((candidate) => candidate.name === name)
  if (field === undefined) throw new Error(`${type.name} has no field ${name}`)
  return (field.number << 3) | WIRE.bytes
}
