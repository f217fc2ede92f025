import { EmqxApiError } from './api-error.ts'
import type { EmqxApi, EmqxNode } from './emqx-api.ts'
import type { NodeStatus, Provider, RegisteredHook } from './provider.ts'
import { type WaitConfig, waitForNodes } from './wait-for-nodes.ts'
import { type FieldChange, planBody, type WantedProvider } from './wanted-provider.ts'

export interface RegisterOptions extends WaitConfig {
  /** Put it before all other providers. */
  readonly first: boolean
  /** Look, and change nothing. */
  readonly dryRun: boolean
}

/** What was done, or with `dryRun` would be, and what EMQX tells afterwards. */
export interface Registration {
  readonly action: 'created' | 'updated' | 'unchanged'
  readonly dryRun: boolean
  readonly moved: boolean
  readonly changes: readonly FieldChange[]
  /** The nodes of the cluster, with '' where the version is not told. Empty when the provider is not there. */
  readonly nodes: readonly (NodeStatus & Pick<EmqxNode, 'version'>)[]
  readonly hooks: readonly RegisteredHook[]
  /** Enabled providers that EMQX calls before this one, in its order. */
  readonly ahead: readonly Provider[]
}

/**
 * Creates or updates a provider in EMQX, and nothing when it is as wanted; waits, bounded, until its nodes have loaded it.
 * Throws EmqxApiError.
 */
export async function registerProvider(
  api: EmqxApi,
  wanted: WantedProvider,
  options: RegisterOptions,
  signal?: AbortSignal,
): Promise<Registration> {
  const before = await api.list()
  const existing = before.find(({ name }) => name === wanted.name) ?? null
  const { body, changes } = planBody(wanted, existing?.body ?? null)
  const action = existing === null ? 'created' : changes.length > 0 ? 'updated' : 'unchanged'
  const aheadBefore = enabledBefore(before, wanted.name)
  const moved = options.first && aheadBefore.length > 0

  if (!options.dryRun) {
    if (action === 'created') await api.create(body)
    else if (action === 'updated') await api.update(wanted.name, body)
    if (moved) await api.moveToFront(wanted.name)
  }
  const common = { action, dryRun: options.dryRun, moved, changes } as const
  if (options.dryRun && existing === null) {
    return { ...common, nodes: [], hooks: [], ahead: moved ? [] : aheadBefore }
  }
  const waitMs = options.dryRun ? 0 : options.waitMs
  const { nodes } = await waitForNodes(api, wanted.name, { ...options, waitMs }, signal)
  const [hooks, after, versions] = await Promise.all([api.hooks(wanted.name), api.list(), versionsOf(api)])
  return {
    ...common,
    nodes: nodes.map((one) => ({ ...one, version: versions.get(one.node) ?? '' })),
    hooks,
    ahead: enabledBefore(after, wanted.name),
  }
}

function enabledBefore(providers: readonly Provider[], name: string): readonly Provider[] {
  const index = providers.findIndex((one) => one.name === name)
  return providers
    .slice(0, index === -1 ? providers.length : index)
    .filter(({ body }) => body.enable !== false)
}

/** A key may be allowed to do all the rest and not this. */
async function versionsOf(api: EmqxApi): Promise<ReadonlyMap<string, string>> {
  try {
    return new Map((await api.nodes()).map(({ node, version }) => [node, version]))
  } catch (error) {
    if (!(error instanceof EmqxApiError)) throw error
    return new Map()
  }
}
