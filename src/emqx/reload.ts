import { compareHooks, type HookComparison, type HookFilters } from './compare-hooks.ts'
import type { EmqxApi } from './emqx-api.ts'
import type { NodeStatus, RegisteredHook } from './provider.ts'
import { type WaitConfig, waitForNodes } from './wait-for-nodes.ts'

export type ReloadOutcome =
  /** EMQX has loaded the provider anew; whether its hooks are then those needed. */
  | {
      readonly outcome: 'loaded'
      readonly hooks: readonly RegisteredHook[]
      readonly comparison: HookComparison
    }
  /** EMQX was asked to, and some node has not loaded it (yet). */
  | { readonly outcome: 'not-connected'; readonly nodes: readonly NodeStatus[] }
  /** Somebody has disabled the provider in EMQX, or it is not there: nothing was done. */
  | { readonly outcome: 'disabled' | 'not-registered' }

export interface Reloader {
  /**
   * Has EMQX load the provider anew, with the body that it has: what it holds is read and put back unchanged. Then the hooks
   * are compared with `needed`. Reloads of one Reloader never overlap: a second begins when the first has ended.
   * Throws EmqxApiError.
   */
  reload(name: string, needed: HookFilters): Promise<ReloadOutcome>
}

/** While a provider is loaded anew, for some ms, EMQX calls none of its hooks: those events pass unseen. */
export function createReloader(
  api: Pick<EmqxApi, 'list' | 'get' | 'hooks' | 'update'>,
  config: WaitConfig,
): Reloader {
  let last: Promise<unknown> = Promise.resolve()

  async function reload(name: string, needed: HookFilters): Promise<ReloadOutcome> {
    const provider = (await api.list()).find((one) => one.name === name)
    if (provider === undefined) return { outcome: 'not-registered' }
    if (provider.body.enable === false) return { outcome: 'disabled' }
    await api.update(name, provider.body)
    const { nodes } = await waitForNodes(api, name, config)
    if (nodes.some(({ status }) => status !== 'connected')) return { outcome: 'not-connected', nodes }
    const hooks = await api.hooks(name)
    return { outcome: 'loaded', hooks, comparison: compareHooks(hooks, needed) }
  }

  return {
    reload(name, needed) {
      const result = last.then(() => reload(name, needed))
      last = result.catch(() => {})
      return result
    },
  }
}
