import type { HookPoint } from '../hooks.ts'

/** A pair of MQTT 5 properties or of user properties, in the order EMQX sent them; names may repeat. */
export interface Property {
  readonly name: string
  readonly value: string
}

/** An MQTT message as a hook reports it. */
export interface MqttMessage {
  /** EMQX's id of the message; the same in publish, delivered, acked and dropped. */
  readonly id: string
  /** 0–2; in delivered and acked the quality of service of the delivery. */
  readonly qos: number
  /** Client id of the publisher. */
  readonly from: string
  readonly topic: string
  readonly payload: Buffer
  /** EMQX's time of the message, in ms since 1970; 0 when EMQX sent none. */
  readonly timestampMs: number
  /** `username`, `peerhost`, `protocol`, `allow_publish`; any may be missing (a will or a REST publish has none). */
  readonly headers: Readonly<Record<string, string>>
}

/** A connection as `client.connect` and `client.connack` report it. */
export interface ConnInfo {
  readonly sockport: number
  readonly peerport: number
  readonly protoName: string
  readonly protoVer: string
  /** Seconds. */
  readonly keepalive: number
}

/** A client as most hooks report it. The password is not here: the decoder skips it. */
export interface ClientInfo {
  readonly protocol: string
  readonly sockport: number
  readonly peerport: number
  readonly mountpoint: string
  readonly isSuperuser: boolean
  readonly anonymous: boolean
  /** Common name and distinguished name of the client's certificate; empty without one. */
  readonly cn: string
  readonly dn: string
}

/** How a topic filter was subscribed. */
export interface SubscriptionOptions {
  readonly qos: number
  readonly rh: number
  readonly rap: number
  readonly nl: number
}

/** A subscribed filter, as EMQX names it: from 5.4 a shared one is `$share/<group>/<filter>`. */
export interface SubscribedFilter {
  readonly name: string
  readonly options: SubscriptionOptions
}

interface EventOf<H extends HookPoint> {
  readonly hook: H
  /** When the hook call was received here, in ms since 1970. */
  readonly receivedAtMs: number
  /** The EMQX node that made the call. */
  readonly node: string
  /**
   * The client the hook is about. message.publish, message.dropped: the publisher (`message.from`);
   * message.delivered, message.acked: the subscriber.
   */
  readonly clientid: string
  /** Empty when EMQX sent none. */
  readonly username: string
  /** Empty when EMQX sent none. */
  readonly peerhost: string
}

export interface ClientConnectEvent extends EventOf<'client.connect'> {
  readonly conninfo: ConnInfo
  readonly props: readonly Property[]
  readonly userProps: readonly Property[]
}

export interface ClientConnackEvent extends EventOf<'client.connack'> {
  readonly conninfo: ConnInfo
  /** The name of the CONNACK's reason code, e.g. `success`. */
  readonly resultCode: string
  readonly props: readonly Property[]
  readonly userProps: readonly Property[]
}

export interface ClientLifeEvent
  extends EventOf<
    'client.connected' | 'session.created' | 'session.resumed' | 'session.discarded' | 'session.takenover'
  > {
  readonly clientinfo: ClientInfo
}

export interface ClientEndEvent extends EventOf<'client.disconnected' | 'session.terminated'> {
  readonly clientinfo: ClientInfo
  readonly reason: string
}

export interface ClientAuthenticateEvent extends EventOf<'client.authenticate'> {
  readonly clientinfo: ClientInfo
  /** EMQX's result so far. */
  readonly result: boolean
}

export interface ClientAuthorizeEvent extends EventOf<'client.authorize'> {
  readonly clientinfo: ClientInfo
  readonly action: 'publish' | 'subscribe'
  readonly topic: string
  /** EMQX's result so far. */
  readonly result: boolean
}

export interface ClientSubscriptionEvent extends EventOf<'client.subscribe' | 'client.unsubscribe'> {
  readonly clientinfo: ClientInfo
  readonly filters: readonly SubscribedFilter[]
  readonly props: readonly Property[]
  readonly userProps: readonly Property[]
}

export interface SessionSubscribedEvent extends EventOf<'session.subscribed'> {
  readonly clientinfo: ClientInfo
  readonly topic: string
  readonly options: SubscriptionOptions
}

export interface SessionUnsubscribedEvent extends EventOf<'session.unsubscribed'> {
  readonly clientinfo: ClientInfo
  readonly topic: string
}

export interface MessagePublishEvent extends EventOf<'message.publish'> {
  readonly message: MqttMessage
  readonly topic: string
  readonly props: readonly Property[]
  readonly userProps: readonly Property[]
}

export interface MessageIngressEvent extends EventOf<'message.ingress'> {
  readonly clientinfo: ClientInfo
  readonly message: MqttMessage
  readonly topic: string
  readonly props: readonly Property[]
  readonly userProps: readonly Property[]
}

export interface MessageReceiptEvent extends EventOf<'message.delivered' | 'message.acked'> {
  readonly clientinfo: ClientInfo
  readonly message: MqttMessage
  readonly topic: string
}

export interface MessageDroppedEvent extends EventOf<'message.dropped'> {
  readonly message: MqttMessage
  readonly topic: string
  readonly reason: string
}

/** One hook call of EMQX, decoded: for all 20 hook points, of both versions of the contract. */
export type HookEvent =
  | ClientConnectEvent
  | ClientConnackEvent
  | ClientLifeEvent
  | ClientEndEvent
  | ClientAuthenticateEvent
  | ClientAuthorizeEvent
  | ClientSubscriptionEvent
  | SessionSubscribedEvent
  | SessionUnsubscribedEvent
  | MessagePublishEvent
  | MessageIngressEvent
  | MessageReceiptEvent
  | MessageDroppedEvent
