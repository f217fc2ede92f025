/**
 * The one table of EMQX's ExHook contract: every RPC, its hook point, how it is answered and where its topic is.
 * The services, the hook specifications told to EMQX, the decoder and the checks of the rules are all made from it.
 *
 * Source: `emqx.exhook.v2` (EMQX 5.0 – 5.8) and `emqx.exhook.v3` (EMQX 5.9, 5.10, 6.x).
 */

/** The versions of the contract, both served on one port. */
export const CONTRACT_VERSIONS = ['v2', 'v3'] as const
export type ContractVersion = (typeof CONTRACT_VERSIONS)[number]

/** What an RPC returns: `loaded` LoadedResponse, `empty` EmptySuccess, `valued` ValuedResponse. */
export type ReplyKind = 'loaded' | 'empty' | 'valued'

/**
 * Where the topic of a hook is, if it has one:
 * `message` in a Message, `request` in the request itself (a topic or a subscribed filter),
 * `filters` in a list of topic filters, `none` nowhere.
 */
export type TopicPlace = 'message' | 'request' | 'filters' | 'none'

export interface RpcRow {
  /** The method's name in the service, e.g. `OnMessagePublish`. */
  readonly rpc: string
  /** The hook point in `HookSpec.name`; null for the two calls about the provider itself. */
  readonly hook: string | null
  readonly reply: ReplyKind
  readonly topic: TopicPlace
  /** Only in this version of the contract; absent: in both. */
  readonly only?: ContractVersion
  /** The first EMQX version that knows the hook; an older one fails the whole load on its name. */
  readonly since?: string
}

export const RPCS = [
  { rpc: 'OnProviderLoaded', hook: null, reply: 'loaded', topic: 'none' },
  { rpc: 'OnProviderUnloaded', hook: null, reply: 'empty', topic: 'none' },
  { rpc: 'OnClientConnect', hook: 'client.connect', reply: 'empty', topic: 'none' },
  { rpc: 'OnClientConnack', hook: 'client.connack', reply: 'empty', topic: 'none' },
  { rpc: 'OnClientConnected', hook: 'client.connected', reply: 'empty', topic: 'none' },
  { rpc: 'OnClientDisconnected', hook: 'client.disconnected', reply: 'empty', topic: 'none' },
  { rpc: 'OnClientAuthenticate', hook: 'client.authenticate', reply: 'valued', topic: 'none' },
  { rpc: 'OnClientAuthorize', hook: 'client.authorize', reply: 'valued', topic: 'request' },
  { rpc: 'OnClientSubscribe', hook: 'client.subscribe', reply: 'empty', topic: 'filters' },
  { rpc: 'OnClientUnsubscribe', hook: 'client.unsubscribe', reply: 'empty', topic: 'filters' },
  { rpc: 'OnSessionCreated', hook: 'session.created', reply: 'empty', topic: 'none' },
  { rpc: 'OnSessionSubscribed', hook: 'session.subscribed', reply: 'empty', topic: 'request' },
  { rpc: 'OnSessionUnsubscribed', hook: 'session.unsubscribed', reply: 'empty', topic: 'request' },
  { rpc: 'OnSessionResumed', hook: 'session.resumed', reply: 'empty', topic: 'none' },
  { rpc: 'OnSessionDiscarded', hook: 'session.discarded', reply: 'empty', topic: 'none' },
  { rpc: 'OnSessionTakenover', hook: 'session.takenover', reply: 'empty', topic: 'none' },
  { rpc: 'OnSessionTerminated', hook: 'session.terminated', reply: 'empty', topic: 'none' },
  { rpc: 'OnMessagePublish', hook: 'message.publish', reply: 'valued', topic: 'message' },
  { rpc: 'OnMessageDelivered', hook: 'message.delivered', reply: 'empty', topic: 'message' },
  { rpc: 'OnMessageDropped', hook: 'message.dropped', reply: 'empty', topic: 'message' },
  { rpc: 'OnMessageAcked', hook: 'message.acked', reply: 'empty', topic: 'message' },
  {
    rpc: 'OnMessageIngress',
    hook: 'message.ingress',
    reply: 'valued',
    topic: 'message',
    only: 'v3',
    since: '6.3.0',
  },
] as const satisfies readonly RpcRow[]

/** The name of one of the 22 RPCs. */
export type RpcName = (typeof RPCS)[number]['rpc']

/** The name of one of the 20 hook points. */
export type HookPoint = Exclude<(typeof RPCS)[number]['hook'], null>

/** The rows that are hooks, by hook point, in the contract's order. */
export const HOOKS: ReadonlyMap<HookPoint, RpcRow> = new Map(
  RPCS.flatMap((row) => (row.hook === null ? [] : [[row.hook, row as RpcRow] as const])),
)
