import type { HookFiltersMode } from '../config/config.ts'
import { askedInterests } from '../exhook/provider-loaded.ts'
import type { ContractVersion } from '../hooks.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { compareHooks, type HookDifference, neededHooks } from './compare-hooks.ts'

/** The EMQX whose hooks they are. */
export interface EmqxKind {
  /** As EMQX tells it; '' where it does not. */
  readonly version: string
  /** That it spoke to us; default: the one of its version. */
  readonly contract?: ContractVersion
}

/** How the hooks that EMQX calls stand to those that it would be asked for now. */
export type HookStanding =
  | { readonly state: 'same' }
  | {
      readonly state: 'differs'
      /** `losesEvents` of each is about the rules themselves, not about what more is asked for by `hooks.filters: wide`. */
      readonly differences: readonly HookDifference[]
      readonly losesEvents: boolean
    }

/** Compares what EMQX calls with what this EMQX would be asked for. Pure. */
export function hookStanding(
  known: readonly { readonly name: string; readonly topics: readonly string[] }[],
  { version, contract }: EmqxKind,
  interests: RuleSet['interests'],
  filters: HookFiltersMode,
): HookStanding {
  const asked = compareHooks(known, neededHooks(askedInterests(interests, filters), version, contract))
  if (asked.state === 'same') return asked
  const least = compareHooks(known, neededHooks(interests, version, contract))
  const lost = new Set(
    least.state === 'same' ? [] : least.differences.filter((one) => one.losesEvents).map(({ hook }) => hook),
  )
  const differences = asked.differences.map((one) => ({ ...one, losesEvents: lost.has(one.hook) }))
  return { state: 'differs', differences, losesEvents: lost.size > 0 }
}
