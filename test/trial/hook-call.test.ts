import { describe, expect, it } from 'vitest'
import type { HookEvent } from '../../src/events/hook-event.ts'
import { HOOKS } from '../../src/hooks.ts'
import { emqxEvent } from '../../src/rules/event-fields.ts'
import { RuleInput } from '../../src/rules/rule-input.ts'
import { DEFAULT_TIME_MS, defaultsUsed } from '../../src/trial/default-fields.ts'
import { EVENTS } from '../rules/sample-events.ts'
import { callOf, makeHookCall } from './hook-calls.ts'

/** The JSON of the format `emqx`, of each of the filters by itself. */
function writtenForms(event: HookEvent): readonly object[] {
  const topics =
    'filters' in event ? event.filters.map(({ name }) => name) : ['topic' in event ? event.topic : '']
  return topics.map((topic, index) => {
    const alone = 'filters' in event ? { ...event, filters: event.filters.slice(index, index + 1) } : event
    return emqxEvent(new RuleInput(alone, topic))
  })
}

it.each([...HOOKS.keys()])('takes what the format emqx writes of a %s, and makes the same of it', (hook) => {
  for (const form of writtenForms(EVENTS[hook])) {
    const { event } = callOf(form)
    expect(event.hook).toBe(hook)
    expect(writtenForms(event)).toEqual([form])
  }
})

describe('what is not given', () => {
  it.each([...HOOKS.keys()])('of a %s has a default, which is told', (hook) => {
    const topic = HOOKS.get(hook)?.topic === 'none' ? {} : { topic: 'a/b' }
    const { event } = callOf({ event: hook, ...topic })
    expect(event.receivedAtMs).toBe(DEFAULT_TIME_MS)
    const [form] = writtenForms(event) as [Record<string, unknown>]
    for (const [name, value] of defaultsUsed(hook, new Map())) {
      if (name === 'from') expect('message' in event && event.message.from).toBe(value)
      else expect(form[name]).toBe(value)
    }
    expect(event.clientid).toBe('client-1')
  })

  it('is not told of what was given by another name', () => {
    const used = defaultsUsed('message.publish', new Map([['from', 'd1']])).map(([name]) => name)
    expect(used).not.toContain('clientid')
    expect(callOf({ event: 'message.publish', topic: 'a', from: 'd1' }).event.clientid).toBe('d1')
    expect(callOf({ event: 'message.ingress', topic: 'a', from: 'd1' }).event.clientid).toBe('d1')
    const acked = callOf({ event: 'message.acked', topic: 'a', from_clientid: 'p' }).event
    expect('message' in acked && acked.message.from).toBe('p')
  })
})

it('is, recorded, decoded as the server does it', () => {
  const call = callOf({ event: 'message.publish', topic: 'a/b', clientid: 'd1', payload: 'on' })
  const request_base64 = call.getRequest().toString('base64')
  const again = callOf({ event: 'message.publish', request_base64, timestamp: DEFAULT_TIME_MS })
  expect(again.event).toEqual(call.event)
  expect(again.getRequest()).toEqual(call.getRequest())
})

it('is none where the bytes are none', () => {
  const request = Buffer.from([0xff, 0xff])
  expect(makeHookCall({ kind: 'recorded', hook: 'message.publish', request, receivedAtMs: 1 })).toBe(null)
})
