import type { ReadinessPart } from '../admin/readiness.ts'
import { counted } from '../text/table.ts'
import { type KeeperTrouble, troubleText } from './hook-keeper.ts'
import type { NodeHooks } from './hook-knowledge.ts'

/** What readiness says about EMQX's hooks. */
export interface HooksState {
  readonly nodes: readonly NodeHooks[]
  /** What is to be done about a difference, or is being done; where that is kept from being done, why. */
  readonly fix: string
  /** What came of asking EMQX, where that is not well, and what is to be done about it. */
  readonly trouble: KeeperTrouble | null
}

/** More nodes than these are a number. */
const MAX_NODES = 10

/** The part `emqx` of readiness: not ok while events do not come because EMQX has not loaded the present rules. */
export function hooksPart({ nodes, fix, trouble }: HooksState): ReadinessPart {
  const losing = nodes.filter(({ losesEvents }) => losesEvents)
  if (losing.length > 0)
    return { name: 'emqx', ok: false, detail: `${few(losing.map(inWords))}: events are lost; ${fix}` }
  const told = trouble === null ? '' : `; ${troubleText(trouble)}`
  return { name: 'emqx', ok: true, detail: `${stateOf(nodes)}${told}` }
}

function stateOf(nodes: readonly NodeHooks[]): string {
  if (nodes.length === 0)
    return 'which hooks it calls is unknown: no node has loaded this server since its start'
  const same = nodes.filter(({ state }) => state === 'same').length
  const others = nodes.filter(({ state }) => state !== 'same').map(inWords)
  return [
    ...(same > 0 ? [`${counted(same, 'node')} with the hooks of the rules`] : []),
    ...(others.length > 0 ? [few(others)] : []),
  ].join('; ')
}

function inWords({ node, state, differences, why }: NodeHooks): string {
  if (state === 'unknown') return `${node} ${why}: its hooks are unknown`
  return `${node} differs (${differences.map(({ hook, what }) => `${hook} ${what}`).join('; ')})`
}

const few = (texts: readonly string[]): string =>
  texts.length <= MAX_NODES
    ? texts.join('; ')
    : `${texts.slice(0, MAX_NODES).join('; ')}; and ${texts.length - MAX_NODES} more`
