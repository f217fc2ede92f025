import { HOOKS } from '../../hooks.ts'
import type { Format } from './format.ts'

/**
 * The bytes of the hook call as EMQX sent them, unknown fields and all, without the client's password and without
 * `Authentication-Data`. The header `emqx-protobuf-message` names the message type; those of v3 read the requests of v2
 * as well. Of a client.subscribe or client.unsubscribe each record has the whole request; `emqx-topic` says which of the
 * filters it is about.
 */
export const protobufFormat: Format = {
  value: (input) => input.request,
  addHeaders({ event, topic }, headers) {
    headers['emqx-protobuf-message'] = MESSAGE_NAMES.get(event.hook) ?? ''
    if (topic !== '') headers['emqx-topic'] = topic
  },
}

/** The request of OnClientConnect is a ClientConnectRequest, and so on for every hook; the contract's test holds it to that. */
const MESSAGE_NAMES = new Map(
  Array.from(HOOKS, ([hook, { rpc }]) => [hook, `emqx.exhook.v3.${rpc.slice('On'.length)}Request`]),
)
