import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import type { HttpConfig } from '../config/config.ts'
import { isLoopback } from '../config/hosts.ts'
import { createRareLog } from '../telemetry/rare-log.ts'
import { isCrossSite, isLoopbackHost } from './browser.ts'
import { type Page, textPage } from './route.ts'
import { createToken } from './token.ts'
import { createWrongTokens } from './wrong-tokens.ts'

/**
 * Why somebody is not let in. `closed`: there is no token and the port can be reached from elsewhere; `missing`, `wrong`: the token;
 * `waiting`: too many wrong ones came from that address; `unknown`: the file of the token holds none; `foreign_host`, `cross_site`:
 * a browser asks on behalf of another site.
 */
export const GUARD_REFUSALS = [
  'closed',
  'missing',
  'wrong',
  'waiting',
  'unknown',
  'foreign_host',
  'cross_site',
] as const
export type GuardRefusal = (typeof GUARD_REFUSALS)[number]

export type Verdict =
  | { readonly trusted: true }
  | { readonly trusted: false; readonly reason: GuardRefusal; readonly page: Page }

/** Decides who may have guarded pages. */
export interface Guard {
  /** Without a token on a host that is not loopback: nobody. */
  readonly closed: boolean
  /** Never rejects. A wrong token is counted against its sender here. */
  judge(request: IncomingMessage): Promise<Verdict>
}

const LOG_EVERY_MS = 10_000

const TO_OPEN =
  'set EXHOOK_HTTP_TOKEN, or name a file by http.token_file, and send it as `Authorization: Bearer …`'

export function createGuard(config: HttpConfig, { log }: { readonly log: Logger }): Guard {
  const token = createToken(config, { log })
  const wrongTokens = createWrongTokens()
  const logRarely = createRareLog(log, LOG_EVERY_MS)
  // By where it listens, not by who connects: a proxy beside it connects from loopback for everybody.
  const closed = token === null && !isLoopback(config.host)

  async function judgeToken(request: IncomingMessage): Promise<Verdict> {
    if (token === null) return refused('closed')
    const headers = request.headersDistinct.authorization ?? []
    const [scheme = '', presented = '', ...rest] = (headers[0] ?? '').split(' ')
    if (headers.length > 1) return refused('missing')
    if (scheme.toLowerCase() !== 'bearer' || presented === '' || rest.length > 0) return refused('missing')
    const peer = request.socket.remoteAddress ?? ''
    const waitSeconds = wrongTokens.waitSeconds(peer)
    if (waitSeconds > 0) return refused('waiting', { 'retry-after': String(waitSeconds) })
    const matches = await token.matches(presented)
    if (matches === true) return TRUSTED
    if (matches === 'unknown') return refused('unknown')
    wrongTokens.count(peer)
    logRarely('wrong', 'warn', { peer }, 'a wrong token was presented to the HTTP port')
    return refused('wrong')
  }

  return {
    closed,
    async judge(request) {
      if (isCrossSite(request.headers)) return refused('cross_site')
      if (token !== null || closed) return judgeToken(request)
      return isLoopbackHost(request.headers.host, request.socket.localPort)
        ? TRUSTED
        : refused('foreign_host')
    },
  }
}

const TRUSTED: Verdict = { trusted: true }

const CHALLENGE = { 'www-authenticate': 'Bearer realm="exhook-kafka"' }

const PAGES: { readonly [reason in GuardRefusal]: Page } = {
  closed: textPage(403, `this page is closed, as there is no token: ${TO_OPEN}\n`),
  missing: textPage(401, 'this page needs the token: send it as `Authorization: Bearer …`\n', CHALLENGE),
  wrong: textPage(401, 'this is not the token\n', CHALLENGE),
  waiting: textPage(429, 'too many wrong tokens came from your address: wait, and try again\n'),
  unknown: textPage(
    403,
    'this page is closed, as the file of http.token_file holds no token now: see the log\n',
  ),
  foreign_host: textPage(
    403,
    'without a token, this page answers only to the names and the port of this machine (`localhost`, `127.0.0.1`, `[::1]`) in the ' +
      `Host header; from elsewhere: ${TO_OPEN}\n`,
  ),
  cross_site: textPage(403, 'this page does not answer to other sites\n'),
}

function refused(reason: GuardRefusal, headers: Readonly<Record<string, string>> = {}): Verdict {
  const page = PAGES[reason]
  return { trusted: false, reason, page: { ...page, headers: { ...page.headers, ...headers } } }
}
