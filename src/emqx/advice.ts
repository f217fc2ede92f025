import { isLoopback } from '../config/hosts.ts'
import { shownText } from '../text/shown.ts'
import type { EmqxApiError } from './api-error.ts'
import type { Registration } from './register-provider.ts'

/** Who asks EMQX: a person by `register`, or `serve` by itself. Each names its settings in another way. */
export type AskedBy = 'register' | 'serve'

const NAMES = {
  register: {
    url: '--emqx (emqx.api_url)',
    login: 'EXHOOK_EMQX_API_KEY and EXHOOK_EMQX_API_SECRET, or the files that stand for them',
    again: 'the same command can be given again',
  },
  serve: {
    url: 'emqx.api_url',
    login: 'emqx.api_key and emqx.api_secret',
    again: 'it is asked again',
  },
} as const

/** What to do about a failed request, as a sentence to follow the error; '' when the error says all. */
export function adviceOnError({ kind }: EmqxApiError, by: AskedBy): string {
  const { url, login, again } = NAMES[by]
  switch (kind) {
    case 'unauthorized':
      return `EMQX does not know this API key, its secret is another, or it has expired: look at ${login} (a key is made in the dashboard under System, API Key; the login of the dashboard is none)`
    case 'forbidden':
      return 'the API key may not do this: give it the role administrator'
    case 'unreachable':
      return `look at ${url}: it is the address of EMQX's dashboard, by default port 18083`
    case 'timeout':
      return `look whether EMQX is well; ${again}`
    case 'not-emqx':
      return `look at ${url}: it must be the dashboard's address of an EMQX from 5.0 on (4.x has no such API)`
    default:
      return ''
  }
}

/** What a person should know of a registration, a sentence each; none when all is well. */
export function adviceOn(
  { action, changes, nodes, ahead, hooks, dryRun }: Registration,
  wanted: { readonly url: string; readonly emqxUrl: string },
): readonly string[] {
  const denied =
    action === 'updated' && changes.some(({ field, is }) => field === 'failed_action' && is === 'deny')
  return [
    ...(denied
      ? [
          `failed_action was deny: with it, EMQX refuses logins while exhook-kafka is away; it ${dryRun ? 'would be' : 'is'} ignore now`,
        ]
      : []),
    ...nodes
      .filter(({ status }) => status !== 'connected')
      .map(({ node, status }) => `${shownText(node)} is ${shownText(status)}: ${causeOf(status, wanted)}`),
    ...(nodes.length > 0 && nodes.every(({ status }) => status === 'connected') && hooks.length === 0
      ? ['EMQX calls no hook: no rule needs one']
      : []),
    ...ahead.map(({ name, body, hooks: theirs }) => {
      const shared = theirs
        .map((hook) => hook.name)
        .filter((hook) => hooks.some((ours) => ours.name === hook))
      const deny =
        body.failed_action === 'deny' ? ', and refuses clients when it fails (failed_action deny)' : ''
      const where = shared.length > 0 ? ` for ${shared.join(', ')}` : ''
      return `EMQX calls the provider ${shownText(name)} before this one${where}: it can keep events from us${deny}; --first puts this one before it`
    }),
  ]
}

function causeOf(
  status: string,
  { url, emqxUrl }: { readonly url: string; readonly emqxUrl: string },
): string {
  const tls = url.startsWith('https:')
    ? ` With https://, has the authority in ssl.cacertfile signed our certificate, and does it name ${hostOf(url)} (or ssl.server_name_indication)? Our log tells whom we refused and why`
    : ''
  switch (status) {
    case 'connecting': {
      const here = isLoopback(hostOf(url)) && !isLoopback(hostOf(emqxUrl))
      const loopback = here
        ? `; ${hostOf(url)} is EMQX's own machine there: give --url an address of this one`
        : ''
      return `it could not load us at ${url} and tries again: is exhook-kafka serving, and does a connection from that machine get there (grpc.host, firewall)${loopback}?${tls}`
    }
    case 'disconnected':
      return `it could not load us at ${url} and does not try again: look into EMQX's log and ours${tls === '' ? '' : `.${tls}`}`
    case 'disabled':
      return 'somebody has disabled the provider: register it again'
    default:
      return "look into EMQX's log"
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, '') : ''
}
