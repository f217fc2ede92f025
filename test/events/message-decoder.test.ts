import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Contract, loadContract, type MessageDescriptor } from '../../src/events/contract.ts'
import { createDecoders } from '../../src/events/message-decoder.ts'
import { MalformedRequestError } from '../../src/events/wire-reader.ts'
import { type ContractVersion, RPCS, type RpcRow } from '../../src/hooks.ts'
import { isMap, messageArbitrary, mutate, mutations } from './arbitraries.ts'
import { bytesField, fixed32Field, fixed64Field, MESSAGE, tag, varint, varintField } from './wire.ts'

const contract = loadContract()
const decoderOf = createDecoders(contract.types)
const decodeMessage = decoderOf('Message')
const decodePublish = decoderOf('MessagePublishRequest')

const rows: readonly RpcRow[] = RPCS
const requests = (['v2', 'v3'] as ContractVersion[]).flatMap((version) =>
  rows.flatMap(({ rpc }) => {
    const method = contract.services[version][rpc]
    if (method === undefined) return []
    return [{ version, type: (method.requestType.type as MessageDescriptor).name, method }]
  }),
)

describe.each(requests)('$version $type', ({ type, method }) => {
  const decode = decoderOf(type)

  it('reads what proto-loader encodes as proto-loader reads it', () => {
    fc.assert(
      fc.property(messageArbitrary(contract, type), (request) => {
        const body = method.requestSerialize(request)
        expect(decode(body)).toEqual(asDecoded(contract, type, method.requestDeserialize(body)))
      }),
      { numRuns: 60 },
    )
  })

  it('decodes changed bytes or calls them malformed', () => {
    fc.assert(
      fc.property(messageArbitrary(contract, type), mutations, (request, changes) => {
        orMalformed(() => decode(mutate(method.requestSerialize(request), changes)))
      }),
      { numRuns: 100 },
    )
  })

  it('decodes random bytes or calls them malformed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        orMalformed(() => decode(Buffer.from(bytes)))
      }),
      { numRuns: 100 },
    )
  })
})

describe('what no encoder sends', () => {
  it('has a default for every field of an empty body', () => {
    expect(decodePublish(Buffer.alloc(0))).toEqual({
      message: {
        node: '',
        id: '',
        qos: 0,
        from: '',
        topic: '',
        payload: Buffer.alloc(0),
        timestamp: 0,
        headers: {},
      },
      meta: { node: '', version: '', sysdescr: '', cluster_name: '' },
      props: [],
      user_props: [],
    })
  })

  it('does not let one body change the defaults of the next', () => {
    const message = Buffer.concat([bytesField(MESSAGE.topic, 't'), header('a', 'b')])
    decodePublish(Buffer.concat([bytesField(1, message), bytesField(3, bytesField(1, 'name'))]))
    const next = decodePublish(Buffer.alloc(0))
    expect(next).toMatchObject({ message: { topic: '', headers: {} }, props: [] })
    expect(Object.keys((next.message as { headers: object }).headers)).toEqual([])
  })

  it('passes over fields it does not know, of every wire type', () => {
    const unknown = [varintField(99, 7), bytesField(2000, 'x'), fixed64Field(100), fixed32Field(536_870_911)]
    const body = Buffer.concat([...unknown, bytesField(MESSAGE.topic, 't'), ...unknown])
    expect(decodeMessage(body)).toMatchObject({ topic: 't', qos: 0 })
  })

  it('lets the last of repeated fields win, and merges repeated messages', () => {
    const first = Buffer.concat([
      bytesField(MESSAGE.topic, 'first'),
      bytesField(MESSAGE.id, 'id'),
      header('a', '1'),
    ])
    const second = Buffer.concat([
      bytesField(MESSAGE.topic, 'x'),
      bytesField(MESSAGE.topic, 'second'),
      header('b', '2'),
    ])
    expect(decodePublish(Buffer.concat([bytesField(1, first), bytesField(1, second)]))).toMatchObject({
      message: { topic: 'second', id: 'id', headers: { a: '1', b: '2' } },
    })
  })

  it.each([
    ['a text as a number', varintField(MESSAGE.topic, 1)],
    ['a number as a text', bytesField(MESSAGE.qos, 'x')],
    ['a number as 64 fixed bits', fixed64Field(MESSAGE.timestamp)],
    ['a map entry as a number', varintField(MESSAGE.headers, 1)],
    ['a map key as a number', bytesField(MESSAGE.headers, varintField(1, 1))],
    ['a group', tag(90, 3)],
    ['the end of a group', tag(90, 4)],
    ['an unknown wire type', tag(90, 7)],
    ['field number 0', tag(0, 0)],
    ['a text that is cut off', bytesField(MESSAGE.topic, 'topic').subarray(0, -1)],
    ['a map entry that is cut off', header('key', 'value').subarray(0, -1)],
    ['a map value longer than its entry', bytesField(MESSAGE.headers, Buffer.concat([tag(2, 2), varint(9)]))],
    ['a length beyond all bounds', Buffer.concat([tag(MESSAGE.payload, 2), varint(2n ** 63n)])],
    ['a number of 11 bytes', Buffer.concat([tag(MESSAGE.qos, 0), varint(1, 11)])],
  ])('calls %s malformed', (_, body) => {
    expect(() => decodeMessage(body)).toThrow(MalformedRequestError)
    expect(() => decodePublish(bytesField(1, body))).toThrow(MalformedRequestError)
  })

  it('does not let a nested message read beyond its own end', () => {
    const body = Buffer.concat([tag(1, 2), varint(2), tag(MESSAGE.topic, 2), varint(3), Buffer.from('abc')])
    expect(() => decodePublish(body)).toThrow(MalformedRequestError)
  })

  it('goes on with a good body after a malformed one', () => {
    expect(() => decodeMessage(tag(90, 3))).toThrow(MalformedRequestError)
    expect(decodeMessage(bytesField(MESSAGE.topic, 't')).topic).toBe('t')
  })

  it('takes __proto__ and its kind as header names like any other', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']
    const decoded = decodeMessage(Buffer.concat(names.map((name) => header(name, `value of ${name}`))))
    const headers = decoded.headers as Record<string, string>
    expect(Object.entries(headers)).toEqual(names.map((name) => [name, `value of ${name}`]))
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(decodeMessage(Buffer.alloc(0)).headers).not.toHaveProperty('toString')
    expect(decodeMessage(header('a', 'b')).headers).not.toHaveProperty('constructor')
  })

  it('takes a map entry without key or value, in any order, with more than that', () => {
    const entries = [
      bytesField(MESSAGE.headers, ''),
      bytesField(MESSAGE.headers, Buffer.concat([bytesField(2, 'v'), bytesField(1, 'k')])),
      bytesField(MESSAGE.headers, Buffer.concat([bytesField(1, 'k2'), varintField(3, 1)])),
    ]
    expect(decodeMessage(Buffer.concat(entries)).headers).toEqual({ '': '', k: 'v', k2: '' })
  })
})

describe('omitted fields', () => {
  const decode = createDecoders(contract.types, ['Message.payload', 'Message.qos'])('Message')

  it('read as their defaults', () => {
    const body = Buffer.concat([
      bytesField(MESSAGE.payload, 'p'),
      varintField(MESSAGE.qos, 2),
      bytesField(MESSAGE.id, 'i'),
    ])
    expect(decode(body)).toMatchObject({ payload: Buffer.alloc(0), qos: 0, id: 'i' })
  })

  it('are still held to their wire type', () => {
    expect(() => decode(varintField(MESSAGE.payload, 1))).toThrow(MalformedRequestError)
  })
})

describe('a contract that the decoder could not read', () => {
  const field = { name: 'f', number: 1, label: 'LABEL_OPTIONAL', type: 'TYPE_STRING', typeName: '' } as const
  const typeOf = (...fields: MessageDescriptor['field'][number][]): MessageDescriptor => ({
    name: 'T',
    field: fields,
    nestedType: [],
    options: null,
  })
  it.each([
    ['an unknown type', typeOf(), 'U', 'no message type U'],
    [
      'a type that contains itself',
      typeOf({ ...field, type: 'TYPE_MESSAGE', typeName: 'T' }),
      'T',
      'contains itself',
    ],
    ['a kind of field it does not know', typeOf({ ...field, type: 'TYPE_DOUBLE' }), 'T', 'TYPE_DOUBLE'],
    [
      'repeated numbers',
      typeOf({ ...field, type: 'TYPE_UINT32', label: 'LABEL_REPEATED' }),
      'T',
      'repeated numbers',
    ],
  ])('fails at start: %s', (_, type, wanted, message) => {
    expect(() => createDecoders(new Map([['T', type]]))(wanted)).toThrow(message)
  })
})

const header = (key: string, value: string): Buffer =>
  bytesField(MESSAGE.headers, Buffer.concat([bytesField(1, key), bytesField(2, value)]))

it('takes ten thousand topic filters and refuses more', () => {
  const decodeSubscribe = decoderOf('ClientSubscribeRequest')
  const filters = (count: number) =>
    Buffer.concat(Array.from({ length: count }, () => bytesField(3, Buffer.alloc(0))))
  expect(decodeSubscribe(filters(10_000)).topic_filters).toHaveLength(10_000)
  expect(() => decodeSubscribe(filters(10_001))).toThrow('there are more than 10000 topic_filters')
})

/** Runs `decode`; anything but a result or a MalformedRequestError fails the test. */
function orMalformed(decode: () => unknown): void {
  try {
    decode()
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedRequestError)
  }
}

/** What proto-loader made of a message, as our decoder says it: numbers for enums and 64 bits, no null. */
function asDecoded(from: Contract, typeName: string, loaded: object | null): Record<string, unknown> {
  const type = from.types.get(typeName) as MessageDescriptor
  const values = (loaded ?? {}) as Record<string, unknown>
  return Object.fromEntries(
    type.field.map((field) => {
      const value = values[field.name]
      if (field.type === 'TYPE_STRING') return [field.name, value ?? '']
      if (field.type === 'TYPE_BYTES') return [field.name, value ?? Buffer.alloc(0)]
      if (field.type === 'TYPE_ENUM') return [field.name, value === 'SUBSCRIBE' ? 1 : 0]
      if (field.type === 'TYPE_BOOL') return [field.name, value ?? false]
      if (field.type.endsWith('INT64'))
        return [field.name, bounded(BigInt((value as string | undefined) ?? 0))]
      if (field.type !== 'TYPE_MESSAGE') return [field.name, value ?? 0]
      if (isMap(type, field)) return [field.name, value ?? {}]
      if (field.label === 'LABEL_REPEATED') {
        const items = (value ?? []) as object[]
        return [field.name, items.map((item) => asDecoded(from, field.typeName, item))]
      }
      return [field.name, asDecoded(from, field.typeName, value as object | null)]
    }),
  )
}

function bounded(value: bigint): number {
  const bound = BigInt(Number.MAX_SAFE_INTEGER)
  return Number(value > bound ? bound : value < -bound ? -bound : value)
}
