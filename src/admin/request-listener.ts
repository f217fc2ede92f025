import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Page, type PageMaker, textPage } from './pages.ts'

const METHODS = ['GET', 'HEAD']

/** Answers each request with the page of its path; never throws, whatever a page does. */
export function createRequestListener(
  pages: ReadonlyMap<string, PageMaker>,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    // A client that goes away in the middle is its own business.
    response.on('error', () => undefined)
    void answer(pages, request).then((page) => send(request, response, page))
  }
}

async function answer(pages: ReadonlyMap<string, PageMaker>, request: IncomingMessage): Promise<Page> {
  const path = request.url?.split('?', 1)[0] ?? '/'
  const makePage = pages.get(path)
  if (makePage === undefined) return textPage(404, `no such page; there are ${[...pages.keys()].join(' ')}\n`)
  if (!METHODS.includes(request.method ?? '')) return textPage(405, 'only GET and HEAD\n')
  try {
    return await makePage(request.headers.accept ?? '')
  } catch (error) {
    return textPage(500, `this page failed: ${error instanceof Error ? error.message : 'unknown error'}\n`)
  }
}

function send(request: IncomingMessage, response: ServerResponse, page: Page): void {
  const body = Buffer.from(page.body)
  response.writeHead(page.status, {
    'content-type': page.contentType,
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // Probes and scrapes come seconds apart: a connection kept for them would only hold up the stop.
    connection: 'close',
    ...(page.status === 405 ? { allow: METHODS.join(', ') } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
