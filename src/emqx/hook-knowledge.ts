import type { HookFiltersMode } from '../config/config.ts'
import type { ProviderLoad } from '../exhook/provider-calls.ts'
import type { ContractVersion } from '../hooks.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { shownText } from '../text/shown.ts'
import type { HookDifference } from './compare-hooks.ts'
import { type HookStanding, hookStanding } from './hook-standing.ts'
import type { NodeStatus } from './provider.ts'

/** What is known of the hooks that one EMQX node calls, against what the present rules need. */
export interface NodeHooks {
  readonly node: string
  readonly state: 'same' | 'differs' | 'unknown'
  /** Empty unless it differs. */
  readonly differences: readonly HookDifference[]
  /** Events that the rules need do not come. */
  readonly losesEvents: boolean
  /** Why it is not known, to follow the name of the node; '' when it is. */
  readonly why: string
}

/** EMQX's own word, of its REST API. */
export interface EmqxWord {
  /** All nodes of the cluster. */
  readonly nodes: readonly NodeStatus[]
  /** As the node that was asked knows them. */
  readonly hooks: readonly { readonly name: string; readonly topics: readonly string[] }[]
  readonly version: string
}

/**
 * What EMQX knows of our rules. It reads hooks and filters only when it loads the server, each of its nodes by itself, and
 * tells only the process that its call reached. So nothing is known after a start, and with several processes each knows
 * a part; the word of the REST API makes up for that. Of two words about a node the later one counts.
 */
export interface HookKnowledge {
  /** In the order in which they were heard of; empty: nothing is known. */
  nodes(): readonly NodeHooks[]
  /** A node has loaded this server in this process. */
  loaded(load: ProviderLoad): void
  /** A node has let go of it: what it calls is not known. */
  unloaded(node: string): void
  /** EMQX was asked. Nodes that it does not name are forgotten. */
  asked(word: EmqxWord): void
}

export interface HookKnowledgeDeps {
  readonly interests: () => RuleSet['interests']
  readonly filters: HookFiltersMode
}

/** What one node was told or has told. */
interface Heard {
  readonly hooks: EmqxWord['hooks'] | null
  readonly version: string
  readonly contract?: ContractVersion
  readonly why: string
  readonly atMs: number
  /** How that stands to the rules that it was last compared with. */
  judged?: { readonly by: RuleSet['interests']; readonly standing: HookStanding }
}

/** Names come over the network. */
const MAX_NODES = 100
const MAX_NAME = 100

/** A node that differs this long after another one has loaded what the rules need is gone, or has told another process. */
const OVERTAKEN_MS = 60_000

export function createHookKnowledge({ interests, filters }: HookKnowledgeDeps): HookKnowledge {
  const heard = new Map<string, Heard>()

  function hear(node: string, what: Heard): void {
    const name = shownText(node.slice(0, MAX_NAME))
    heard.delete(name)
    heard.set(name, what)
    if (heard.size > MAX_NODES) heard.delete(heard.keys().next().value ?? '')
  }

  /** Judged once for each version of the rules: there may be thousands of filters. */
  function standingOf(what: Heard): HookStanding | null {
    if (what.hooks === null) return null
    const by = interests()
    if (what.judged?.by !== by) what.judged = { by, standing: hookStanding(what.hooks, what, by, filters) }
    return what.judged.standing
  }

  return {
    nodes() {
      const all = [...heard].map(([node, what]) => ({ node, what, standing: standingOf(what) }))
      const renewedAtMs = Math.max(
        ...all.map(({ what, standing }) =>
          standing?.state === 'same' ? what.atMs : Number.NEGATIVE_INFINITY,
        ),
      )
      const nowMs = performance.now()
      const isOvertaken = ({ atMs }: Heard) => atMs < renewedAtMs && nowMs - renewedAtMs >= OVERTAKEN_MS
      return all.map(({ node, what, standing }) => {
        if (standing === null) return unknown(node, what.why)
        if (standing.state === 'same') return { ...unknown(node, ''), state: 'same' }
        if (isOvertaken(what)) return unknown(node, 'has not loaded this server when others did')
        const { differences, losesEvents } = standing
        return { node, state: 'differs', differences, losesEvents, why: '' }
      })
    },
    loaded({ node, version, contract, hooks }) {
      hear(node, { hooks, version, contract, why: '', atMs: performance.now() })
    },
    unloaded: (node) => void heard.delete(shownText(node.slice(0, MAX_NAME))),
    asked({ nodes, hooks, version }) {
      heard.clear()
      const atMs = performance.now()
      for (const { node, status } of nodes) {
        const connected = status === 'connected'
        hear(node, { hooks: connected ? hooks : null, version, why: `is ${shownText(status)}`, atMs })
      }
    },
  }
}

const unknown = (node: string, why: string): NodeHooks => ({
  ...{ node, state: 'unknown', differences: [], losesEvents: false, why },
})
