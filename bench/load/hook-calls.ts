import { loadContract, methodOf, serviceName } from '../../src/events/contract.ts'
import type { ContractVersion } from '../../src/hooks.ts'
import { type CallShape, CLIENT_DIGITS, SEQUENCE_DIGITS } from './load-plan.ts'

/** Which hooks a client calls, over and over. */
export const HOOK_MIXES = ['publish', 'mix'] as const
export type HookMix = (typeof HOOK_MIXES)[number]

export interface HookCallsConfig {
  readonly mix: HookMix
  readonly version: ContractVersion
  readonly prefix: string
  /** The MQTT topics begin with this. */
  readonly topicPrefix: string
}

const PAYLOAD_BYTES = 160
/** In front of a call's number, so that it is found in any record that is made of the call. */
export const SEQUENCE_MARK = 'seq='

const CLIENT = '~'.repeat(CLIENT_DIGITS)
const PEER = '^'.repeat(CLIENT_DIGITS)
const SEQUENCE = '#'.repeat(SEQUENCE_DIGITS)

/** A client that stays for six messages, each of which is published, delivered and acknowledged. */
const MESSAGES_PER_SESSION = 6

/** Requests as EMQX sends them, an OnMessagePublish of some 380 bytes, with their places for the load program. */
export function hookCalls({ mix, version, prefix, topicPrefix }: HookCallsConfig): CallShape[] {
  const contract = loadContract()
  const node = 'emqx@127.0.0.1'
  const meta = {
    node,
    version: version === 'v2' ? '5.8.9' : '6.1.0',
    sysdescr: 'EMQX',
    cluster_name: 'emqxcl',
  }
  const self = `${prefix}${CLIENT}`
  const clientinfo = {
    ...{ node, clientid: self, peerhost: '10.1.2.3', sockport: 1883, protocol: 'mqtt' },
    username: 'lock',
  }
  /** Of a hook without a message, the user name tells which call it was. */
  const counted = { ...clientinfo, username: `${SEQUENCE_MARK}${SEQUENCE}` }
  const message = (from: string) => ({
    ...{ node, id: '0005F3A1B2C3D4E5F6A7B8C9D0E1F2A3', qos: 1, from, topic: `${topicPrefix}/${from}/state` },
    payload: Buffer.from(`${SEQUENCE_MARK}${SEQUENCE} `.padEnd(PAYLOAD_BYTES, 'x')),
    timestamp: Date.now(),
    headers: { username: 'lock', peerhost: '10.1.2.3', protocol: 'mqtt', allow_publish: 'true' },
  })
  const shape = (rpc: string, request: object): CallShape => {
    const bytes = Buffer.from(methodOf(contract, version, rpc).requestSerialize(request))
    return {
      path: `/${serviceName(version)}/${rpc}`,
      message: bytes.toString('base64'),
      client: placesOf(bytes, CLIENT),
      peer: placesOf(bytes, PEER),
      sequence: bytes.indexOf(SEQUENCE),
    }
  }
  const publish = shape('OnMessagePublish', { message: message(self), meta })
  if (mix === 'publish') return [publish]
  const received = message(`${prefix}${PEER}`)
  const one = [
    publish,
    shape('OnMessageDelivered', { clientinfo, message: received, meta }),
    shape('OnMessageAcked', { clientinfo, message: received, meta }),
  ]
  return [
    shape('OnClientConnected', { clientinfo: counted, meta }),
    ...Array.from({ length: MESSAGES_PER_SESSION }, () => one).flat(),
    shape('OnClientDisconnected', { clientinfo: counted, reason: 'normal', meta }),
  ]
}

function placesOf(bytes: Buffer, marker: string): number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + marker.length))
    places.push(at)
  return places
}
