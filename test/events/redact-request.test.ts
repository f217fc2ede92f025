import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadContract, methodOf } from '../../src/events/contract.ts'
import { createDecodeEvent } from '../../src/events/decode-event.ts'
import { createRedactRequest } from '../../src/events/redact-request.ts'
import { isSecretProperty } from '../../src/events/secret-property.ts'
import { HOOKS, type HookPoint, type RpcName } from '../../src/hooks.ts'
import { messageArbitrary } from './arbitraries.ts'
import { bytesField, CLIENT_INFO, varintField } from './wire.ts'

const contract = loadContract()
const redact = createRedactRequest(contract)
const decode = createDecodeEvent(contract)

const rpcOf = (hook: HookPoint): RpcName => HOOKS.get(hook)?.rpc as RpcName
const method = (hook: HookPoint) => methodOf(contract, 'v3', rpcOf(hook))
const requestName = (hook: HookPoint) => (method(hook).requestType.type as { name: string }).name

/** The request without what is secret, by the contract's own decoder. */
function expected(hook: HookPoint, body: Buffer): Record<string, unknown> {
  const request = method(hook).requestDeserialize(body) as Record<string, unknown>
  if (typeof request.clientinfo === 'object' && request.clientinfo !== null)
    (request.clientinfo as Record<string, unknown>).password = ''
  for (const list of ['props', 'user_props']) {
    const items = request[list] as { name: string }[] | undefined
    if (items !== undefined) request[list] = items.filter(({ name }) => !isSecretProperty(name))
  }
  return request
}

it.each([...HOOKS.keys()])('%s loses its secrets and nothing else, whatever it holds', (hook) => {
  fc.assert(
    fc.property(messageArbitrary(contract, requestName(hook)), fc.boolean(), (request, secret) => {
      const props = secret
        ? [
            { name: 'Authentication-Data', value: 'token' },
            { name: 'a', value: 'b' },
          ]
        : []
      const body = method(hook).requestSerialize({
        ...request,
        props: [...((request.props as []) ?? []), ...props],
      })
      const redacted = redact(hook, body)
      expect(method(hook).requestDeserialize(redacted)).toEqual(expected(hook, body))
      // Nothing that an event is made of has changed.
      expect(decode(hook, redacted, 1)).toEqual(
        decode(hook, method(hook).requestSerialize(expected(hook, body)), 1),
      )
    }),
    { numRuns: 50 },
  )
})

describe('bytes that no encoder makes', () => {
  const password = bytesField(CLIENT_INFO.password, 's3cret')
  const unknown = bytesField(99, 'from the future')

  it('keeps unknown fields, and takes every password, also of a client given twice', () => {
    const client = Buffer.concat([bytesField(2, 'c1'), password, unknown, password, varintField(6, 1883)])
    const body = Buffer.concat([bytesField(1, client), unknown, bytesField(1, password)])
    const kept = Buffer.concat([bytesField(2, 'c1'), unknown, varintField(6, 1883)])
    expect(redact('client.connected', body)).toEqual(
      Buffer.concat([bytesField(1, kept), unknown, bytesField(1, '')]),
    )
  })

  it('is a copy, also where nothing is secret', () => {
    const body = bytesField(1, bytesField(6, 'payload'))
    const copy = redact('message.publish', body)
    expect(copy).toEqual(body)
    expect(copy.buffer === body.buffer && copy.byteOffset === body.byteOffset).toBe(false)
  })

  it('takes a property by its last name', () => {
    const property = (...names: string[]) =>
      bytesField(2, Buffer.concat(names.map((name) => bytesField(1, name))))
    const kept = property('Authentication-Data', 'Other')
    const body = Buffer.concat([property('Other', 'authentication_data'), kept])
    expect(redact('client.connect', body)).toEqual(kept)
  })
})
