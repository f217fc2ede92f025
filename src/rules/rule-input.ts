import type { HookEvent } from '../events/hook-event.ts'
import type { HookPoint } from '../hooks.ts'
import { utf8Text } from '../text/utf8.ts'
import { celValue } from './cel-value.ts'
import type { ConditionWork, EventSize } from './condition-cost.ts'
import { eventSize } from './event-size.ts'
import { isWithoutValue, NO_JSON, parseJson, parseJsonExactly } from './json-payload.ts'
import { parseSubscription } from './topic-filter.ts'

/** The hooks whose topic is a subscribed filter, which may be a shared one. */
export const SUBSCRIPTION_HOOKS: ReadonlySet<HookPoint> = new Set<HookPoint>([
  'client.subscribe',
  'client.unsubscribe',
  'session.subscribed',
  'session.unsubscribed',
])

/** What rules match and templates read: the topic, and of a shared subscription the filter without its group. */
export function plainTopic(hook: HookPoint, topic: string): string {
  return SUBSCRIPTION_HOOKS.has(hook) && topic.startsWith('$') ? parseSubscription(topic).filter : topic
}

/** Payloads as text: as it is where it is UTF-8, else in base64. */
export interface PayloadText {
  readonly text: string
  readonly isBase64: boolean
}

const NO_BYTES: Buffer = Buffer.alloc(0)

/** Gives the bytes of a hook call, as far as they may leave the program. */
export type GetRequest = () => Buffer

export const NO_REQUEST: GetRequest = () => NO_BYTES
const NOTHING: PayloadText = { text: '', isBase64: false }

/**
 * One event as the rules see it, shared by all rules that match it. What has to be worked out of the payload is worked
 * out when the first rule asks for it, and once.
 */
export class RuleInput {
  readonly event: HookEvent
  /**
   * The matched MQTT topic, or the subscribed filter as EMQX names it; '' for a hook without one. Of a client.subscribe or
   * client.unsubscribe it says which of the filters the rules are to look at.
   */
  readonly topic: string
  private readonly getRequest: GetRequest
  /** The same event with another of its filters: what is worked out of the event is worked out there. */
  private readonly whole: RuleInput | undefined
  /** Undefined until a rule asks for something of it: most rules ask for nothing. */
  private workedOut: WorkedOut | undefined

  constructor(event: HookEvent, topic: string, getRequest: GetRequest = NO_REQUEST, whole?: RuleInput) {
    this.event = event
    this.topic = topic
    this.getRequest = getRequest
    this.whole = whole
  }

  /** The topic, and of a shared subscription the filter without its group. */
  get plainTopic(): string {
    return plainTopic(this.event.hook, this.topic)
  }

  /** A copy of the bytes of the hook call, without secrets. */
  get request(): Buffer {
    const { known } = this
    known.request ??= this.getRequest()
    return known.request
  }

  /** The payload's JSON; why there is none (isWithoutValue), NO_JSON where there is no message. */
  json(): unknown {
    const { known } = this
    if (known.json === undefined)
      known.json = 'message' in this.event ? parseJson(this.event.message.payload) : NO_JSON
    return known.json
  }

  /** The same with whole numbers that a double would change as text. */
  exactJson(): unknown {
    const { known } = this
    if (known.exactJson === undefined)
      known.exactJson = 'message' in this.event ? parseJsonExactly(this.event.message.payload) : NO_JSON
    return known.exactJson
  }

  payloadText(): PayloadText {
    const { known } = this
    known.text ??= 'message' in this.event ? textOf(this.event.message.payload) : NOTHING
    return known.text
  }

  /** The payload's JSON as conditions read it (see celValue); undefined when it is none. */
  celPayload(): unknown {
    const { known } = this
    if (known.celPayload === undefined) {
      const json = this.json()
      if (isWithoutValue(json) || !('message' in this.event)) return undefined
      known.celPayload = celValue(json, this.event.message.payload)
    }
    return known.celPayload
  }

  /** Properties of MQTT 5, made by the first who asks. */
  properties(make: () => Properties): Properties {
    const { known } = this
    known.properties ??= { made: make() }
    return known.properties.made
  }

  /** The JSON of the whole event, made by the first who asks. */
  wholeJson(make: () => string): string {
    const { known } = this
    if (this.whole !== undefined) return make()
    known.wholeJson ??= make()
    return known.wholeJson
  }

  /** Whether a condition may do its work; what is granted is taken from what all of this event may do together. */
  mayWork(work: ConditionWork): boolean {
    const { known } = this
    // What has not been parsed by now is not what this condition looks at.
    const json = known.json === undefined ? NO_JSON : known.json
    if (known.size?.of !== json) known.size = { of: json, ...eventSize(this.event, json) }
    const { items, values, bytes } = known.size
    const steps = work.items * items + work.values * values + work.bytes * bytes
    if (known.work + steps > MAX_WORK) return false
    known.work += steps
    return true
  }

  private get known(): WorkedOut {
    if (this.whole !== undefined) return this.whole.known
    this.workedOut ??= {
      request: undefined,
      json: undefined,
      celPayload: undefined,
      exactJson: undefined,
      text: undefined,
      properties: undefined,
      wholeJson: undefined,
      size: undefined,
      work: 0,
    }
    return this.workedOut
  }
}

type Properties = Readonly<Record<string, unknown>> | undefined

/** All conditions of one event together, in steps of some 10 ns: 50 ms. */
export const MAX_WORK = 5_000_000

interface WorkedOut {
  request: Buffer | undefined
  json: unknown
  celPayload: unknown
  exactJson: unknown
  text: PayloadText | undefined
  properties: { readonly made: Properties } | undefined
  wholeJson: string | undefined
  size: (EventSize & { readonly of: unknown }) | undefined
  work: number
}

function textOf(payload: Buffer): PayloadText {
  const text = utf8Text(payload)
  return text === null ? { text: payload.toString('base64'), isBase64: true } : { text, isBase64: false }
}
