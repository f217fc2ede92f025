import { quoted } from '../text/quoted.ts'

const EXAMPLE = 'http://exhook-kafka:9000'

/**
 * What is wrong with a URL at which EMQX is to reach this server, with the fix; null: nothing. EMQX takes scheme, host and port of
 * it, each of them written out, and drops the rest without a word (its emqx_exhook_server:channel_opts).
 */
export function serverUrlProblem(text: string): string | null {
  // `user:password@host` is what people try, and is not repeated.
  if (text.includes('@')) return `must be an address like ${EXAMPLE}, without user name or password`
  const shown = `, not ${quoted(text)}`
  const [, scheme = '', host = '', port = ''] =
    /^(https?):\/\/(\[[^\]\s]+\]|[^\s\\/?#:]+)(?::(\d*))?(?=[/?#]|$)/.exec(text) ?? []
  if (host === '' || !URL.canParse(text) || port === '0') return `must be an address like ${EXAMPLE}${shown}`
  const defaultPort = scheme === 'https' ? '443' : '9000'
  const written = quoted(`${scheme}://${host}:${port || defaultPort}`)
  const { pathname, search, hash } = new URL(text)
  if (pathname !== '/' || search !== '' || hash !== '' || /[?#]/.test(text))
    return `EMQX takes scheme, host and port alone: write ${written}${shown}`
  return port === '' ? `EMQX needs the port too: write ${written}${shown}` : null
}
