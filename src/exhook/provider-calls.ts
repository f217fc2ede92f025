import type { Logger } from 'pino'
import type { HookFiltersMode } from '../config/config.ts'
import { type Contract, methodOf } from '../events/contract.ts'
import { createDecoders } from '../events/message-decoder.ts'
import type { ContractVersion } from '../hooks.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { shownText } from '../text/shown.ts'
import { answerLoad, askedInterests, type HookSpec } from './provider-loaded.ts'

/** What one EMQX node was told when it loaded this provider. */
export interface ProviderLoad {
  /** The EMQX node; each node of a cluster loads by itself. */
  readonly node: string
  /** As EMQX tells it. */
  readonly version: string
  readonly contract: ContractVersion
  readonly hooks: readonly HookSpec[]
}

/** The two calls about the provider itself. Both throw MalformedRequestError for a body that is no such request. */
export interface ProviderCalls {
  /** The encoded LoadedResponse. Needs nothing but the rules: EMQX waits for it, also while Kafka is down. */
  loaded(contract: ContractVersion, body: Buffer): Buffer
  unloaded(contract: ContractVersion, body: Buffer): void
}

export interface ProviderCallsDeps {
  readonly contract: Contract
  readonly rules: () => RuleSet
  readonly log: Logger
  /** Default: exact. */
  readonly filters?: HookFiltersMode
  readonly onLoaded?: (load: ProviderLoad) => void
  readonly onUnloaded?: (node: string) => void
}

/** Names come over the network, and into the log. */
const MAX_SHOWN = 200

interface RawProviderRequest {
  readonly broker: { readonly version: string }
  readonly meta: { readonly node: string }
}

export function createProviderCalls(deps: ProviderCallsDeps): ProviderCalls {
  const decoderOf = createDecoders(deps.contract.types)
  const decodeLoaded = decoderOf('ProviderLoadedRequest')
  const decodeUnloaded = decoderOf('ProviderUnloadedRequest')

  return {
    loaded(contract, body) {
      const { broker, meta } = shownParts(decodeLoaded(body) as unknown as RawProviderRequest)
      const interests = askedInterests(deps.rules().interests, deps.filters)
      const { hooks, leftOut } = answerLoad(interests, broker.version, contract)
      const emqx = { node: meta.node, emqx: broker.version, contract }
      for (const { name, reason } of leftOut) {
        deps.log.warn({ ...emqx, hook: name }, `${name} was left out although a rule names it: ${reason}`)
      }
      const count = hooks.length === 1 ? '1 hook' : `${hooks.length} hooks`
      deps.log.info({ ...emqx, hooks, leftOut }, `EMQX node ${meta.node} loaded this provider with ${count}`)
      deps.onLoaded?.({ node: meta.node, version: broker.version, contract, hooks })
      return methodOf(deps.contract, contract, 'OnProviderLoaded').responseSerialize({ hooks })
    },
    unloaded(contract, body) {
      const meta = { node: shownPart((decodeUnloaded(body) as unknown as RawProviderRequest).meta.node) }
      deps.log.info({ node: meta.node, contract }, `EMQX node ${meta.node} unloaded this provider`)
      deps.onUnloaded?.(meta.node)
    },
  }
}

const shownPart = (text: string): string => shownText(text.slice(0, MAX_SHOWN))

const shownParts = ({ broker, meta }: RawProviderRequest): RawProviderRequest => ({
  broker: { version: shownPart(broker.version) },
  meta: { node: shownPart(meta.node) },
})
