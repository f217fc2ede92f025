import type { ProviderLoad } from '../exhook/provider-calls.ts'
import type { EmqxHooks } from './emqx-hooks.ts'
import type { EmqxWord } from './hook-knowledge.ts'

/** What one process hears of EMQX, for the others that serve the same port: EMQX tells only the one that its call reached. */
export type EmqxNews =
  | { readonly what: 'loaded'; readonly load: ProviderLoad }
  | { readonly what: 'unloaded'; readonly node: string }
  | { readonly what: 'asked'; readonly word: EmqxWord }

export function takeNews(news: EmqxNews, hooks: EmqxHooks): void {
  if (news.what === 'loaded') hooks.loaded(news.load)
  else if (news.what === 'unloaded') hooks.unloaded(news.node)
  else hooks.heard(news.word)
}
