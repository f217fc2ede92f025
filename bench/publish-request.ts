import { fileURLToPath } from 'node:url'
import { loadSync, type MethodDefinition } from '@grpc/proto-loader'

/** The payload begins with a number of so many digits, which the load client counts up. */
export const SEQUENCE_DIGITS = 10

const PAYLOAD_BYTES = 160

const proto = loadSync(fileURLToPath(new URL('../protos/exhook_v2.proto', import.meta.url)), {
  keepCase: true,
})
const service = proto['emqx.exhook.v2.HookProvider'] as Record<string, MethodDefinition<object, object>>

/** An OnMessagePublish as EMQX sends it, some 380 bytes, and where in it the payload's number stands. */
export function publishRequest(clientid: string, topic: string): { body: Buffer; sequenceAt: number } {
  const marker = '#'.repeat(SEQUENCE_DIGITS)
  const payload = Buffer.from(`${marker} ${'x'.repeat(PAYLOAD_BYTES - SEQUENCE_DIGITS - 1)}`)
  const method = service.OnMessagePublish
  if (method === undefined) throw new Error('OnMessagePublish is not in the contract')
  const body = method.requestSerialize({
    message: {
      node: 'emqx@127.0.0.1',
      id: '0005F3A1B2C3D4E5F6A7B8C9D0E1F2A3',
      qos: 1,
      from: clientid,
      topic,
      payload,
      timestamp: Date.now(),
      headers: { username: 'lock', peerhost: '10.1.2.3', protocol: 'mqtt', allow_publish: 'true' },
    },
    meta: { node: 'emqx@127.0.0.1', version: '5.8.9', sysdescr: 'EMQX', cluster_name: 'emqxcl' },
  })
  return { body, sequenceAt: body.indexOf(marker) }
}
