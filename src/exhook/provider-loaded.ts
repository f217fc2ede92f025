import type { HookFiltersMode } from '../config/config.ts'
import { type ContractVersion, HOOKS, type HookPoint } from '../hooks.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { emqxVersionOrOldest, isSince } from './emqx-version.ts'

/** A hook that EMQX is asked to call. */
export interface HookSpec {
  readonly name: HookPoint
  /** MQTT topic filters; empty for every topic. */
  readonly topics: readonly string[]
}

/** A hook that some rule names and EMQX is not asked for. */
export interface LeftOutHook {
  readonly name: HookPoint
  /** Why, in a sentence for the operator. */
  readonly reason: string
}

/** What OnProviderLoaded answers. */
export interface LoadAnswer {
  readonly hooks: readonly HookSpec[]
  readonly leftOut: readonly LeftOutHook[]
}

/** What EMQX is asked for: what the rules need, or by `wide` every topic of the hooks that they need. */
export const askedInterests = (
  interests: RuleSet['interests'],
  filters: HookFiltersMode = 'exact',
): RuleSet['interests'] =>
  filters === 'exact' ? interests : new Map([...interests.keys()].map((hook) => [hook, []]))

/**
 * The hooks that are asked of this EMQX, in the contract's order, each with its topic filters.
 * An unknown hook name fails EMQX's whole load, so what this version may not know is left out. A version that is
 * missing or unreadable counts as the oldest of its contract: 5.0 for v2, 5.9 for v3.
 */
export function answerLoad(
  interests: RuleSet['interests'],
  brokerVersion: string,
  contract: ContractVersion,
): LoadAnswer {
  const hooks: HookSpec[] = []
  const leftOut: LeftOutHook[] = []
  for (const name of HOOKS.keys()) {
    const topics = interests.get(name)
    if (topics === undefined) continue
    const reason = whyNot(name, brokerVersion, contract)
    if (reason === null) hooks.push({ name, topics })
    else leftOut.push({ name, reason })
  }
  return { hooks, leftOut }
}

/** The EMQX that is safe to ask for client.authenticate. */
const AUTHENTICATE_SINCE = '5.9.0'

function whyNot(name: HookPoint, brokerVersion: string, contract: ContractVersion): string | null {
  const version = emqxVersionOrOldest(brokerVersion, contract)
  const row = HOOKS.get(name)
  // v2 ends with EMQX 5.8, whatever version the broker tells.
  const isV2 = contract === 'v2'
  if (row?.only !== undefined && row.only !== contract)
    return `${name} is not in version ${contract} of the contract`
  if (row?.since !== undefined && !isSince(version, row.since)) {
    return `${name} is known to EMQX from ${row.since} on, and this one says ${quoted(brokerVersion)}`
  }
  if (name === 'client.authenticate' && (isV2 || !isSince(version, AUTHENTICATE_SINCE))) {
    return `EMQX before 5.9 refuses every client whose ${name} is answered IGNORE when no authenticator has run, and this one says ${quoted(brokerVersion)}`
  }
  return null
}

const quoted = (brokerVersion: string): string => (brokerVersion === '' ? 'no version' : `"${brokerVersion}"`)
