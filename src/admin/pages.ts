import { type Readiness, readinessText } from './readiness.ts'

/** What is answered to a request. */
export interface Page {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export interface PagesDeps {
  /** The state at this moment. */
  readonly readiness: () => Readiness
  /** The metrics in the text format of Prometheus, with the content type that names its version. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>
}

/** Makes a page. `accept` is the request's header of that name, empty without one. */
export type PageMaker = (accept: string) => Page | Promise<Page>

const TEXT = 'text/plain; charset=utf-8'
const JSON_TYPE = 'application/json'

const INDEX = `exhook-kafka

/healthz  200 while the process answers
/readyz   200 when every part works, else 503 with the reasons (JSON on request)
/metrics  for Prometheus
`

/** The pages by path. They show state only, never an event. */
export function createPages(deps: PagesDeps): ReadonlyMap<string, PageMaker> {
  return new Map<string, PageMaker>([
    ['/', () => textPage(200, INDEX)],
    ['/healthz', () => textPage(200, 'ok\n')],
    ['/readyz', (accept) => readinessPage(deps.readiness(), accept)],
    ['/metrics', async () => ({ status: 200, ...(await deps.metrics()) })],
  ])
}

export function textPage(status: number, body: string): Page {
  return { status, contentType: TEXT, body }
}

function readinessPage(readiness: Readiness, accept: string): Page {
  const status = readiness.ready ? 200 : 503
  if (!accept.includes(JSON_TYPE)) return textPage(status, readinessText(readiness))
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(readiness)}\n` }
}
