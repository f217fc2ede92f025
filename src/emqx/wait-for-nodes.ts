import { setTimeout as sleep } from 'node:timers/promises'
import type { EmqxApi } from './emqx-api.ts'
import type { Provider } from './provider.ts'

export interface WaitConfig {
  /** How long at most, in ms; 0: look once. */
  readonly waitMs: number
  /** Between two looks, in ms. */
  readonly pollMs: number
}

/**
 * Looks until each node is connected, or one has given up (disconnected), or the time is up; then gives what it saw last. A
 * change reaches the other nodes of a cluster a little later, and a load that failed is tried again after `auto_reconnect`.
 */
export async function waitForNodes(
  api: Pick<EmqxApi, 'get'>,
  name: string,
  { waitMs, pollMs }: WaitConfig,
  signal?: AbortSignal,
): Promise<Provider> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const provider = await api.get(name)
    const settled = provider.nodes.every(({ status }) => status === 'connected' || status === 'disconnected')
    const leftMs = deadline - performance.now()
    if ((settled && provider.nodes.length > 0) || leftMs <= 0 || signal?.aborted) return provider
    await sleep(Math.min(pollMs, leftMs), undefined, { ...(signal && { signal }) }).catch(() => {})
  }
}
