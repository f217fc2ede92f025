import { expect, it } from 'vitest'
import { parseRules } from '../../src/rules/load-rules.ts'

const interestsOf = (...rules: string[]) =>
  Object.fromEntries(
    parseRules(`rules:\n${rules.map((rule) => `  - {topic: t, ${rule}}\n`).join('')}`, 'x').interests,
  )

it.each<[string, string[], Record<string, string[]>]>([
  [
    'the union of the filters of each hook',
    [
      'hook: message.publish, filter: [a/+, b]',
      'hook: message.publish, filter: [b, c/#]',
      'hook: message.acked, filter: d',
    ],
    { 'message.publish': ['a/+', 'b', 'c/#'], 'message.acked': ['d'] },
  ],
  [
    'every hook of a list',
    ['hook: [message.delivered, message.dropped], filter: a'],
    { 'message.delivered': ['a'], 'message.dropped': ['a'] },
  ],
  [
    'no filters as soon as one rule takes every topic',
    ['hook: message.publish, filter: a', 'hook: message.publish', 'hook: message.acked, filter: a'],
    { 'message.publish': [], 'message.acked': ['a'] },
  ],
  [
    'no filters also for a rule that only excludes',
    ['hook: message.publish, exclude: a/#'],
    { 'message.publish': [] },
  ],
  [
    'a plain # as a filter, which leaves out what begins with $',
    ["hook: message.publish, filter: ['#', a/b]", 'hook: message.publish, filter: $other/+'],
    { 'message.publish': ['#', '$other/+'] },
  ],
  [
    'no filter that another rule covers',
    [
      'hook: message.publish, filter: devices/+/state',
      'hook: message.publish, filter: devices/#',
      'hook: message.acked, filter: devices/+/state',
    ],
    { 'message.publish': ['devices/#'], 'message.acked': ['devices/+/state'] },
  ],
  [
    'no filters for hooks whose filters EMQX ignores',
    [
      'hook: session.subscribed, filter: a',
      'hook: message.ingress, filter: a',
      'hook: client.authorize, filter: a',
      'hook: client.connected',
    ],
    { 'session.subscribed': [], 'message.ingress': [], 'client.authorize': [], 'client.connected': [] },
  ],
  [
    'nothing for rules that are disabled',
    ['hook: client.connected', 'hook: client.authenticate, enabled: false'],
    { 'client.connected': [] },
  ],
  ['nothing at all when all are disabled', ['hook: client.connected, enabled: false'], {}],
])('%s', (_title, rules, expected) => {
  expect(interestsOf(...rules)).toEqual(expected)
})
