import { EmqxApiError } from './api-error.ts'

/** What EMQX keeps of a provider: the body of POST and PUT, in EMQX's own names and spelling. */
export type ProviderBody = Readonly<Record<string, unknown>>

/** How one node of the cluster stands to a provider. */
export interface NodeStatus {
  readonly node: string
  /** connected, connecting, disconnected, disabled or error; another word is EMQX's own. */
  readonly status: string
}

/** Counts of hook calls as EMQX saw them, of all its nodes; rates are calls a second. */
export interface HookMetrics {
  readonly succeed: number
  readonly failed: number
  readonly rate: number
  readonly maxRate: number
}

/** A hook that EMQX calls. */
export interface RegisteredHook {
  readonly name: string
  /** MQTT topic filters; empty: every topic. */
  readonly topics: readonly string[]
  readonly metrics: HookMetrics
}

/** A provider as EMQX tells of it. */
export interface Provider {
  readonly name: string
  readonly body: ProviderBody
  readonly nodes: readonly NodeStatus[]
  /** As the node that answered knows them; each node loads by itself. */
  readonly hooks: readonly RegisteredHook[]
  readonly metrics: HookMetrics
}

/** What EMQX's answers add to the body. All else goes back to it unchanged, also what later versions may add. */
const ADDED: ReadonlySet<string> = new Set(['metrics', 'node_metrics', 'node_status', 'hooks'])

/** Reads a provider from an answer. @throws EmqxApiError when it is none. */
export function readProvider(json: unknown): Provider {
  if (!isObject(json) || typeof json.name !== 'string') throw notEmqx('provider')
  return {
    name: json.name,
    body: Object.fromEntries(Object.entries(json).filter(([field]) => !ADDED.has(field))),
    nodes: readList(json.node_status ?? [], 'node_status').map((one) => ({
      node: textOf(one.node),
      status: textOf(one.status),
    })),
    hooks: readHooks(json.hooks ?? []),
    metrics: readMetrics(json.metrics),
  }
}

/** Reads the answer to `…/hooks`. @throws EmqxApiError when it is none. */
export function readHooks(json: unknown): readonly RegisteredHook[] {
  return readList(json, 'hooks').map((hook) => {
    const { topics } = isObject(hook.params) ? hook.params : {}
    return {
      name: textOf(hook.name),
      topics: Array.isArray(topics) ? topics.map(textOf) : [],
      metrics: readMetrics(hook.metrics),
    }
  })
}

/** Reads a list of objects. @throws EmqxApiError when it is none. */
export function readList(json: unknown, what: string): readonly Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(json) || !json.every(isObject)) throw notEmqx(what)
  return json
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function readMetrics(json: unknown): HookMetrics {
  const { succeed, failed, rate, max_rate: maxRate } = isObject(json) ? json : {}
  return {
    succeed: numberOf(succeed),
    failed: numberOf(failed),
    rate: numberOf(rate),
    maxRate: numberOf(maxRate),
  }
}

const notEmqx = (what: string) =>
  new EmqxApiError('not-emqx', `the answer holds no ${what} as EMQX 5 and later write it`)
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)
