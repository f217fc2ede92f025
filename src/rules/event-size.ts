import type { HookEvent } from '../events/hook-event.ts'
import type { EventSize } from './condition-cost.ts'
import { isWithoutValue } from './json-payload.ts'

/** How much an event gives conditions to look at; `json`: its payload's. */
export function eventSize(event: HookEvent, json: unknown): EventSize {
  let items = 0
  let values = 0
  let bytes = event.clientid.length + event.username.length + event.node.length
  if ('topic' in event) bytes += event.topic.length
  if ('filters' in event) bytes += event.filters[0]?.name.length ?? 0
  if ('message' in event) bytes += event.message.payload.length + event.message.id.length
  if ('props' in event) {
    items = event.props.length + event.userProps.length
    values = 2 * items
    for (const { name, value } of [...event.props, ...event.userProps]) bytes += name.length + value.length
  }

  function add(value: unknown): void {
    values++
    if (typeof value !== 'object' || value === null) return
    const inner: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
    items = Math.max(items, inner.length)
    // The depth of a payload's JSON is bounded.
    for (const one of inner) add(one)
  }
  if (!isWithoutValue(json)) add(json)
  return { items, values, bytes }
}
