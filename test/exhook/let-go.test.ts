import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { methodOf } from '../../src/events/contract.ts'
import { RPCS, type RpcRow } from '../../src/hooks.ts'
import { contract, createParts, publish } from './served.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const row = RPCS.find(({ rpc }) => rpc === 'OnMessagePublish') as RpcRow
const encode = (request: object) => methodOf(contract, 'v3', row.rpc).requestSerialize(request)

it.each(['bridge', 'emqx', 'payload', 'cloudevents', 'protobuf'])(
  'a call that waits with a record of the format %s holds nothing of its request, and says so',
  async (format) => {
    const { handler, intake } = createParts(
      `rules: [{hook: message.publish, topic: t, format: ${format}, overflow: wait}]`,
    )
    intake.next = 'held'
    const handle = handler.rpc(row, 'v3')
    let memory: WeakRef<ArrayBufferLike> | undefined
    function call(): void {
      const bytes = encode(publish('a', { payload: Buffer.alloc(20_000, 'x') }))
      const body = Buffer.allocUnsafeSlow(bytes.length)
      body.set(bytes)
      memory = new WeakRef(body.buffer)
      expect(handle(body, Date.now() + 5000, () => {})).toBe(null)
    }
    call()
    expect(intake.held).toBe(1)
    // A WeakRef holds what it was made of until the turn is over.
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    expect(memory?.deref()).toBe(undefined)
    expect(intake.records).toHaveLength(1)
  },
)
