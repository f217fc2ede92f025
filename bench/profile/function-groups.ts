import type { CallNode } from './cpu-profile.ts'

/** What the time of a hook call goes into. */
export const GROUPS = [
  ...['http2', 'decode', 'match', 'serialize', 'enqueue', 'reply', 'kafka', 'telemetry'],
  ...['gc', 'native', 'node'],
] as const
export type Group = (typeof GROUPS)[number]

export const GROUP_MEANS: Readonly<Record<Group, string>> = {
  http2: 'HTTP/2: `src/http2`, or grpc-js and `node:http2`; its reads and writes of sockets',
  decode: 'the request: `src/events`',
  match: 'which rules: topics, filters, the cache of matches',
  serialize: 'the record: formats, templates, headers',
  enqueue: '`src/queue`, `src/disk`',
  reply: 'the call itself: `src/exhook`',
  kafka: '`src/delivery`, `src/kafka`, the driver; its reads and writes of sockets',
  telemetry: 'counters, metrics, logs',
  gc: "V8's garbage collector",
  native: 'what V8 does not see into: system calls of the event loop, its own work',
  node: "Node's own code that nobody of the above called: the event loop, timers, what comes in",
}

const FILES: readonly (readonly [RegExp, Group])[] = [
  [/\/src\/http2\/|\/node_modules\/@grpc\/|^node:(internal\/)?http2/, 'http2'],
  [/\/src\/exhook\/(listener|goaway)/, 'http2'],
  [/\/src\/exhook\//, 'reply'],
  [/\/src\/events\//, 'decode'],
  [/\/src\/rules\/(topic-(trie|matcher|filter)|match-cache|rule-set|interests|subscription)/, 'match'],
  [/\/src\/rules\//, 'serialize'],
  [/\/src\/(queue|disk)\//, 'enqueue'],
  [/\/src\/(delivery|kafka)\/|\/node_modules\/(kafkajs|@platformatic)\//, 'kafka'],
  [/\/src\/telemetry\/|\/node_modules\/(prom-client|pino)\//, 'telemetry'],
]

/** The group of a function by itself; undefined for what belongs to whoever called it (Node's own, native ones). */
export function groupOf({ name, url }: Pick<CallNode, 'name' | 'url'>): Group | undefined {
  if (name === '(garbage collector)') return 'gc'
  if (name === '(program)') return 'native'
  return FILES.find(([pattern]) => pattern.test(url))?.[1]
}

/** Self time of each group, in µs. */
export function timeByGroup(root: CallNode): ReadonlyMap<Group, number> {
  const times = new Map<Group, number>(GROUPS.map((group) => [group, 0]))
  const walk = (node: CallNode, inherited: Group): void => {
    const group = groupOf(node) ?? inherited
    times.set(group, (times.get(group) ?? 0) + node.selfMicroseconds)
    for (const child of node.children) walk(child, group)
  }
  walk(root, 'node')
  return times
}

export interface FunctionTime {
  readonly name: string
  readonly place: string
  readonly group: Group
  readonly microseconds: number
}

/** Functions by their self time, wherever they were called from; the dearest first. */
export function dearestFunctions(root: CallNode, count: number): readonly FunctionTime[] {
  const times = new Map<string, FunctionTime>()
  const walk = (node: CallNode, inherited: Group): void => {
    const group = groupOf(node) ?? inherited
    const place = shortPlace(node.url)
    const key = `${node.name} ${place} ${group}`
    const microseconds = (times.get(key)?.microseconds ?? 0) + node.selfMicroseconds
    times.set(key, { name: node.name, place, group, microseconds })
    for (const child of node.children) walk(child, group)
  }
  walk(root, 'node')
  return [...times.values()].toSorted((a, b) => b.microseconds - a.microseconds).slice(0, count)
}

/** `src/http2/session.ts`, `kafkajs/src/…`, `node:net`. */
export function shortPlace(url: string): string {
  const modules = url.lastIndexOf('/node_modules/')
  if (modules >= 0) return url.slice(modules + '/node_modules/'.length)
  const source = url.search(/\/(src|bench)\//)
  return source >= 0 ? url.slice(source + 1) : url
}
