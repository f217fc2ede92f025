import type { Logger } from 'pino'
import type { NodeHooks } from './hook-knowledge.ts'

/** What is said of the hooks that EMQX calls: each difference once while it lasts, and its end. */
export type TellHooks = (nodes: readonly NodeHooks[]) => void

/** `fixNow`: what is to be done about a difference, or is being done. */
export function createHookTelling(log: Logger, fixNow: () => string): TellHooks {
  /** What was said of each node that differs. */
  let told = new Map<string, string>()

  return (nodes) => {
    const fix = fixNow()
    const differing = nodes.filter(({ state }) => state === 'differs')
    for (const { node, differences, losesEvents } of differing) {
      const hooks = differences.map(({ hook, what }) => `${hook} ${what}`)
      if (told.get(node) === hooks.join('\n')) continue
      if (losesEvents)
        log.warn({ node, hooks, fix }, 'EMQX does not call all that the rules need: such events do not come')
      else
        log.info(
          { node, hooks, fix },
          'EMQX calls more than the rules need, or was asked otherwise: no event is lost',
        )
    }
    for (const { node, state } of nodes) {
      if (state === 'same' && told.has(node)) log.info({ node }, 'EMQX calls what the rules need')
    }
    told = new Map(
      differing.map(({ node, differences }) => [
        node,
        differences.map(({ hook, what }) => `${hook} ${what}`).join('\n'),
      ]),
    )
  }
}
