import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import { createRareLog } from '../telemetry/rare-log.ts'
import { faultOf } from '../text/fault.ts'
import { sendPage } from './answer.ts'
import type { Guard, GuardRefusal } from './guard.ts'
import { readBody } from './read-body.ts'
import { methodsOf, type Page, type PageMaker, type Route, type Routes, textPage } from './route.ts'

export interface RequestListenerDeps {
  readonly guard: Guard
  readonly log: Logger
  /** Somebody was not let in, or presented a wrong token. */
  readonly onRefused: (reason: GuardRefusal) => void
  /** Applied to what pages say, but for metrics, which hold numbers and names: the last resort against a secret in an error. */
  readonly redact: (text: string) => string
}

/** `expected`: the sender of a body waits to be told to go on (`Expect: 100-continue`). */
export type RequestListener = (request: IncomingMessage, response: ServerResponse, expected: boolean) => void

/** What has been decided of a request: an answer, or the page that will make one. */
type Decision =
  | { readonly page: Page }
  | { readonly make: PageMaker; readonly trusted: boolean; readonly takesBody: boolean }

const LOG_EVERY_MS = 10_000

const NOT_FOUND = textPage(404, 'there is no such page; GET / lists them\n')
const ONE_HOST = textPage(400, 'a request names one host\n')
const WRONG_VERSION = textPage(505, 'this server speaks HTTP/1.1\n')
const FAILED = textPage(500, 'this page failed; the log says where\n')

/** Answers each request with the page of its path; never throws, whatever a page does. */
export function createRequestListener(routes: Routes, deps: RequestListenerDeps): RequestListener {
  const logRarely = createRareLog(deps.log, LOG_EVERY_MS)
  /** One request a connection: what comes behind it, before it is closed, is not even looked at. */
  const served = new WeakSet<Socket>()

  async function decide(request: IncomingMessage): Promise<Decision> {
    const { httpVersion, headersDistinct } = request
    const hosts = headersDistinct.host?.length ?? 0
    if (httpVersion !== '1.1' && httpVersion !== '1.0') return { page: WRONG_VERSION }
    if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) return { page: ONE_HOST }
    const route = routes.get(request.url?.split('?', 1)[0] ?? '')
    if (route === undefined) return { page: NOT_FOUND }
    const make = makerOf(route, request.method ?? '')
    if (make === undefined) return { page: notAllowed(route) }
    const takesBody = request.method === 'POST'
    if (route.access === 'open' && !route.moreIfTrusted) return { make, trusted: false, takesBody }
    const verdict = await deps.guard.judge(request)
    if (verdict.trusted) return { make, trusted: true, takesBody }
    if (route.access === 'guarded' || verdict.reason === 'wrong') deps.onRefused(verdict.reason)
    return route.access === 'guarded' ? { page: verdict.page } : { make, trusted: false, takesBody }
  }

  /** null: nobody is left to answer. */
  async function answer(
    request: IncomingMessage,
    response: ServerResponse,
    expected: boolean,
  ): Promise<Page | null> {
    try {
      const decision = await decide(request)
      if ('page' in decision) return decision.page
      const { make, trusted, takesBody } = decision
      const read = takesBody ? await readBody(request, response, expected) : { json: undefined }
      if (read === null) return null
      if (read.refusal !== undefined) return read.refusal
      return await make({ accept: request.headers.accept ?? '', trusted, body: read.json })
    } catch (error) {
      logRarely('failed', 'error', faultOf(error), 'a page of the HTTP port failed: a fault of ours')
      return FAILED
    }
  }

  return (request, response, expected) => {
    // A client that goes away in the middle is its own business.
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    if (served.has(request.socket)) return
    served.add(request.socket)
    void answer(request, response, expected).then((page) => {
      if (page === null) return
      const isMetrics = page.contentType.startsWith('text/plain; version=')
      const body = isMetrics ? page.body : deps.redact(page.body)
      sendPage(response, { ...page, body }, request.method === 'HEAD')
    })
  }
}

function makerOf(route: Route, method: string): PageMaker | undefined {
  if (method === 'GET' || method === 'HEAD') return route.get
  return method === 'POST' && route.access === 'guarded' ? route.post : undefined
}

function notAllowed(route: Route): Page {
  const allow = methodsOf(route).join(', ')
  return textPage(405, `this page answers ${allow}\n`, { allow })
}
