import { isSince, parseEmqxVersion } from '../exhook/emqx-version.ts'
import { answerLoad } from '../exhook/provider-loaded.ts'
import type { ContractVersion } from '../hooks.ts'
import { covers } from '../rules/filter-cover.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import type { RegisteredHook } from './provider.ts'

/** Hooks with the topic filters of each; no filters: every topic. */
export type HookFilters = ReadonlyMap<string, readonly string[]>

/** How one hook is not as the rules need it. */
export interface HookDifference {
  readonly hook: string
  /** Filters that the rules need and EMQX does not have. */
  readonly missing: readonly string[]
  /** Filters that EMQX has and the rules do not need. */
  readonly extra: readonly string[]
  /** In words, to follow the name of the hook. */
  readonly what: string
  /** Events that the rules need do not come. */
  readonly losesEvents: boolean
}

/** What EMQX knows against what the rules need. */
export type HookComparison =
  | { readonly state: 'same' }
  | { readonly state: 'differs'; readonly differences: readonly HookDifference[] }

/**
 * The hooks that an EMQX of this version is asked for at a load: those of the rules, less what it does not know. Contract v2
 * ends with 5.8; an unreadable version counts as 5.0. `contract`: that EMQX spoke, where it is known.
 */
export function neededHooks(
  interests: RuleSet['interests'],
  emqxVersion: string,
  contract: ContractVersion = contractOf(emqxVersion),
): HookFilters {
  return new Map(answerLoad(interests, emqxVersion, contract).hooks.map(({ name, topics }) => [name, topics]))
}

function contractOf(emqxVersion: string): ContractVersion {
  const version = parseEmqxVersion(emqxVersion)
  return version !== null && isSince(version, '5.9.0') ? 'v3' : 'v2'
}

/** Compares the hooks of EMQX's `/hooks` with those needed. The order of hooks and filters means nothing. Pure. */
export function compareHooks(
  known: readonly Pick<RegisteredHook, 'name' | 'topics'>[],
  needed: HookFilters,
): HookComparison {
  const knownByName = new Map(known.map(({ name, topics }) => [name, topics]))
  const names = new Set([...needed.keys(), ...knownByName.keys()])
  const differences = [...names].flatMap((hook) =>
    differenceOf(hook, knownByName.get(hook), needed.get(hook)),
  )
  return differences.length === 0 ? { state: 'same' } : { state: 'differs', differences }
}

function differenceOf(
  hook: string,
  known: readonly string[] | undefined,
  needed: readonly string[] | undefined,
): readonly HookDifference[] {
  if (known === undefined)
    return [{ hook, missing: needed ?? [], extra: [], what: 'is not registered', losesEvents: true }]
  if (needed === undefined)
    return [
      { hook, missing: [], extra: known, what: 'is registered and no rule needs it', losesEvents: false },
    ]
  const has = new Set(known)
  const wants = new Set(needed)
  const missing = needed.filter((filter) => !has.has(filter))
  const extra = known.filter((filter) => !wants.has(filter))
  if (missing.length === 0 && extra.length === 0 && (known.length === 0) === (needed.length === 0)) return []
  const losesEvents =
    known.length > 0 &&
    (needed.length === 0 || missing.some((filter) => !known.some((wide) => covers(wide, filter))))
  return [{ hook, missing, extra, what: inWords(known, needed, missing, extra), losesEvents }]
}

/** More filters than these are a number. */
const MAX_SHOWN = 20

const shown = (filters: readonly string[]): string =>
  filters.length <= MAX_SHOWN
    ? filters.join(', ')
    : `${filters.slice(0, MAX_SHOWN).join(', ')} and ${filters.length - MAX_SHOWN} more`

function inWords(
  known: readonly string[],
  needed: readonly string[],
  missing: readonly string[],
  extra: readonly string[],
): string {
  if (needed.length === 0) return `has filters (${shown(extra)}) and is needed for every topic`
  if (known.length === 0) return `has no filters and is needed for ${shown(missing)} only`
  return [
    ...(missing.length > 0 ? [`lacks ${shown(missing)}`] : []),
    ...(extra.length > 0 ? [`has ${shown(extra)}, which no rule needs`] : []),
  ].join('; ')
}
