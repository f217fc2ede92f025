import type { HookEvent } from '../../events/hook-event.ts'

/**
 * Makes the value of a record. `topic` is the matched MQTT topic, or the subscribed filter as EMQX names it; of a
 * client.subscribe or client.unsubscribe it says which filter the record is about. Never throws.
 */
export type Format = (event: HookEvent, topic: string) => Buffer
