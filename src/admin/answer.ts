import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Page } from './route.ts'

/**
 * What every answer says, whatever it is: nothing is to be run, framed, guessed at, cached, or read by another site. There are no
 * CORS headers anywhere: no other site is ever allowed.
 */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // Probes and scrapes come seconds apart: a connection kept for them would only hold up the stop.
  connection: 'close',
}

/** Sends a page; `headOnly` for HEAD. */
export function sendPage(response: ServerResponse, page: Page, headOnly: boolean): void {
  const body = Buffer.from(page.body)
  response.writeHead(page.status, {
    ...SAFE_HEADERS,
    ...page.headers,
    'content-type': page.contentType,
    'content-length': body.length,
  })
  response.end(headOnly ? undefined : body)
}

/** The same for what was no request: an answer without a body, as bytes. */
export function bareAnswer(status: number): string {
  const headers = { ...SAFE_HEADERS, 'content-length': '0' }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines, '', ''].join('\r\n')
}
