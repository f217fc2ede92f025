import { type Aggregator, Counter, Gauge, type Registry } from 'prom-client'
import type { NodeHooks } from '../emqx/hook-knowledge.ts'
import type { RulesStatus } from '../reload/rule-reload.ts'

/** What the rules and EMQX's knowledge of them are like, read at each scrape. */
export interface RuleState {
  readonly status: RulesStatus
  readonly nodes: readonly NodeHooks[]
}

const STATES: readonly NodeHooks['state'][] = ['same', 'differs', 'unknown']

/** The rules in force, their file, and what each EMQX node calls; set before each scrape. */
export function createRuleMetrics(registry: Registry): (state: RuleState) => void {
  const registers = [registry]
  const gauge = (name: string, help: string, aggregator: Aggregator, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, aggregator, registers })
  const reloads = new Counter({
    name: 'exhook_rules_reloads_total',
    help: 'Versions of the rule file that were looked at since the start, by what came of it (ok, mistake, unchanged).',
    labelNames: ['result'],
    registers,
  })
  const loadedAt = gauge(
    'exhook_rules_loaded_timestamp_seconds',
    'When the rules in force were loaded, in seconds since 1970.',
    'min',
  )
  const mistakes = gauge(
    'exhook_rules_mistakes',
    'Mistakes in the rule file as it is now; above 0, older rules are in force.',
    'max',
  )
  const hooks = gauge(
    'exhook_emqx_hooks',
    '1 for how the hooks that an EMQX node calls stand to the rules (same, differs, unknown); without a node, none is known.',
    'max',
    ['node', 'state'],
  )
  const missing = gauge(
    'exhook_emqx_hooks_missing',
    'Hooks that an EMQX node does not call as the rules need it, so that events are lost.',
    'max',
    ['node'],
  )

  return ({ status, nodes }) => {
    reloads.reset()
    for (const [result, count] of Object.entries(status.results)) reloads.inc({ result }, count)
    loadedAt.set(status.loadedAtMs / 1000)
    mistakes.set(status.mistakes.length)
    hooks.reset()
    missing.reset()
    if (nodes.length === 0) hooks.set({ node: '', state: 'unknown' }, 1)
    for (const { node, state, differences } of nodes) {
      for (const one of STATES) hooks.set({ node, state: one }, one === state ? 1 : 0)
      missing.set({ node }, differences.filter(({ losesEvents }) => losesEvents).length)
    }
  }
}
