import { expect, it } from 'vitest'
import { type CpuProfile, callTree } from '../../../bench/profile/cpu-profile.ts'
import { flameGraph } from '../../../bench/profile/flame-graph.ts'
import { dearestFunctions, shortPlace, timeByGroup } from '../../../bench/profile/function-groups.ts'

const node = (id: number, functionName: string, url: string, children: number[] = []) => ({
  ...{ id, children },
  callFrame: { functionName, url, lineNumber: 0 },
})
/** `read` of HTTP/2, from two places, writes by Node's own code; a decoder makes texts; the collector runs; nothing runs. */
const PROFILE: CpuProfile = {
  nodes: [
    node(1, '(root)', '', [2, 8, 9]),
    node(2, 'emit', 'node:events', [3, 4]),
    node(3, 'read', 'file:///x/src/http2/session.ts', [5, 6]),
    node(4, 'read', 'file:///x/src/http2/session.ts', [7]),
    node(5, 'writeBuffer', ''),
    node(6, 'decode', 'file:///x/src/events/decode-event.ts'),
    node(7, 'decode', 'file:///x/src/events/decode-event.ts'),
    node(8, '(garbage collector)', ''),
    node(9, '(idle)', ''),
  ],
  samples: [2, 3, 5, 6, 7, 8, 9, 9],
  // The first is before the first sample; a sample lasts until the next.
  timeDeltas: [7, 10, 20, 30, 40, 50, 60, 1000],
}

it('adds up what each function took, and leaves out when nothing ran', () => {
  const tree = callTree(PROFILE)
  expect(tree.totalMicroseconds).toBe(210)
  expect(tree.children.map(({ name, totalMicroseconds }) => [name, totalMicroseconds])).toEqual([
    ['emit', 150],
    ['(garbage collector)', 60],
  ])
  expect(tree.children[0]?.children).toHaveLength(1)
})

it("gives Node's own and native functions to the group of whoever called them", () => {
  const times = Object.fromEntries([...timeByGroup(callTree(PROFILE))].filter(([, time]) => time > 0))
  expect(times).toEqual({ node: 10, http2: 50, decode: 90, gc: 60 })
  expect(dearestFunctions(callTree(PROFILE), 2)).toEqual([
    { name: 'decode', place: 'src/events/decode-event.ts', group: 'decode', microseconds: 90 },
    { name: '(garbage collector)', place: '', group: 'gc', microseconds: 60 },
  ])
})

it.each([
  ['file:///home/a/exhook/src/rules/rule-set.ts', 'src/rules/rule-set.ts'],
  ['file:///home/a/src/x/node_modules/kafkajs/src/index.js', 'kafkajs/src/index.js'],
  ['node:net', 'node:net'],
  ['', ''],
])('shortens %s', (url, place) => expect(shortPlace(url)).toBe(place))

it('draws a frame for each call, as wide as its share', () => {
  const svg = flameGraph(callTree(PROFILE), 'a <title>')
  expect(svg).toContain('a &lt;title&gt;')
  expect(svg).toContain('<title>decode src/events/decode-event.ts: 42.9 %</title>')
  const widths = [...svg.matchAll(/<\/title><rect x="[\d.]+" y="(\d+)" width="([\d.]+)"/g)]
  const rows = Map.groupBy(widths, ([, y]) => y)
  for (const row of rows.values())
    expect(row.reduce((sum, [, , width]) => sum + Number(width), 0)).toBeLessThanOrEqual(1200.5)
  expect(widths).toHaveLength(6)
})
