import { randomBytes } from 'node:crypto'

/** `emqx.exhook.*.Message`, by its proto names. */
export interface HookMessage {
  readonly node: string
  readonly id: string
  readonly qos: number
  /** The publisher's client id. */
  readonly from: string
  readonly topic: string
  readonly payload: Buffer
  readonly timestamp: number
  readonly headers: Readonly<Record<string, string>>
}

const ORIGIN = randomBytes(6)
let counter = 0

/** An id as EMQX makes them: 32 hexadecimal digits of the time in µs, the place and a counter. */
export function newMessageId(): string {
  const id = Buffer.alloc(16)
  id.writeBigUInt64BE(BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1_000)))
  ORIGIN.copy(id, 8)
  counter = (counter + 1) % 0x1_0000
  id.writeUInt16BE(counter, 14)
  return id.toString('hex').toUpperCase()
}

/**
 * aedes wraps a packet anew at each of its steps and keeps only the fields it knows. `properties` is one of them, and
 * is written to nobody in MQTT 3: the message rides there from publish to delivery.
 */
export function attachMessage(packet: object, message: HookMessage): void {
  Object.assign(packet, { properties: { message } })
}

/** The message that rides in a packet; none in a retained packet, which aedes builds from its store. */
export function attachedMessage(packet: object): HookMessage | undefined {
  return (packet as { properties?: { message?: HookMessage } }).properties?.message
}
