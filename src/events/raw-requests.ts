import type { Property } from './hook-event.ts'

/**
 * The requests as message-decoder.ts hands them out: the contract's own field names, every field there, what was
 * missing is the default. Only the fields that events are made of.
 */

export interface RawMeta {
  readonly node: string
}

export interface RawMessageInfo {
  readonly node: string
  readonly id: string
  readonly qos: number
  readonly from: string
  readonly topic: string
  readonly payload: Buffer
  readonly timestamp: number
  readonly headers: Readonly<Record<string, string>>
}

export interface RawConnInfo {
  readonly node: string
  readonly clientid: string
  readonly username: string
  readonly peerhost: string
  readonly sockport: number
  readonly proto_name: string
  readonly proto_ver: string
  readonly keepalive: number
  readonly peerport: number
}

export interface RawClientInfo {
  readonly node: string
  readonly clientid: string
  readonly username: string
  readonly peerhost: string
  readonly sockport: number
  readonly protocol: string
  readonly mountpoint: string
  readonly is_superuser: boolean
  readonly anonymous: boolean
  readonly cn: string
  readonly dn: string
  readonly peerport: number
}

export interface RawSubOpts {
  readonly qos: number
  readonly rh: number
  readonly rap: number
  readonly nl: number
}

export interface RawTopicFilter {
  readonly name: string
  readonly qos: number
  readonly subopts: RawSubOpts
}

interface WithMeta {
  readonly meta: RawMeta
}
interface WithClient extends WithMeta {
  readonly clientinfo: RawClientInfo
}
interface WithConn extends WithMeta {
  readonly conninfo: RawConnInfo
}
interface WithMessage extends WithMeta {
  readonly message: RawMessageInfo
}
interface WithProps {
  readonly props: readonly Property[]
  readonly user_props: readonly Property[]
}
interface WithReason {
  readonly reason: string
}
interface WithResult {
  readonly result: boolean
}
interface WithTopic {
  readonly topic: string
}

/** The request of each hook point. */
export interface RawRequests {
  readonly 'client.connect': WithConn & WithProps
  readonly 'client.connack': WithConn & WithProps & { readonly result_code: string }
  readonly 'client.connected': WithClient
  readonly 'client.disconnected': WithClient & WithReason
  readonly 'client.authenticate': WithClient & WithResult
  readonly 'client.authorize': WithClient & WithResult & WithTopic & { readonly type: number }
  readonly 'client.subscribe': WithClient & WithProps & { readonly topic_filters: readonly RawTopicFilter[] }
  readonly 'client.unsubscribe': WithClient &
    WithProps & { readonly topic_filters: readonly RawTopicFilter[] }
  readonly 'session.created': WithClient
  readonly 'session.subscribed': WithClient & WithTopic & { readonly subopts: RawSubOpts }
  readonly 'session.unsubscribed': WithClient & WithTopic
  readonly 'session.resumed': WithClient
  readonly 'session.discarded': WithClient
  readonly 'session.takenover': WithClient
  readonly 'session.terminated': WithClient & WithReason
  readonly 'message.publish': WithMessage & WithProps
  readonly 'message.delivered': WithClient & WithMessage
  readonly 'message.dropped': WithMessage & WithReason
  readonly 'message.acked': WithClient & WithMessage
  readonly 'message.ingress': WithClient & WithMessage & WithProps
}
