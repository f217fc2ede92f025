import type { EmqxNews } from '../emqx/emqx-news.ts'

/** What was heard of EMQX, for workers that begin later. */
export interface KnownNews {
  heard(news: EmqxNews): void
  readonly all: readonly EmqxNews[]
}

/** Names of nodes come over the network. */
const MAX_NODES = 100

export function createKnownNews(): KnownNews {
  const loads = new Map<string, EmqxNews>()
  /** EMQX's own word counts for what was heard before it. */
  let word: EmqxNews | null = null

  return {
    heard(news) {
      if (news.what === 'asked') {
        word = news
        loads.clear()
        return
      }
      const node = news.what === 'loaded' ? news.load.node : news.node
      loads.delete(node)
      loads.set(node, news)
      if (loads.size > MAX_NODES) loads.delete(loads.keys().next().value ?? '')
    },
    get all() {
      return [...(word === null ? [] : [word]), ...loads.values()]
    },
  }
}
