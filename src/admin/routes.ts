import { type Readiness, readinessText, withoutDetails } from './readiness.ts'
import { type ReloadReport, reloadPage } from './reload-page.ts'
import { jsonPage, type Page, type Route, type Routes, textPage, wantsJson } from './route.ts'

export interface RoutesDeps {
  /** The state at this moment. */
  readonly readiness: () => Readiness | Promise<Readiness>
  /** The metrics in the text format of Prometheus, with the content type that names its version. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>
  /** Everything that an operator may want to know, to be written as JSON. */
  readonly status: () => object | Promise<object>
  /** Has the rule file read, and tells what came of it. */
  readonly reload: () => Promise<ReloadReport>
}

const INDEX = `exhook-kafka

GET  /healthz       200 while the process answers
GET  /readyz        200 when every part works, else 503 (JSON on request; the reasons with the token)
GET  /metrics       for Prometheus
GET  /status        everything at this moment, as JSON (with the token)
POST /rules/reload  reads the rule file now (with the token)
`

/** Every page that there is. */
export function createRoutes(deps: RoutesDeps): Routes {
  return new Map<string, Route>([
    ['/', { access: 'open', get: () => textPage(200, INDEX) }],
    ['/healthz', { access: 'open', get: () => textPage(200, 'ok\n') }],
    [
      '/readyz',
      {
        access: 'open',
        moreIfTrusted: true,
        async get(asked) {
          const readiness = await deps.readiness()
          return readinessPage(asked.trusted ? readiness : withoutDetails(readiness), wantsJson(asked))
        },
      },
    ],
    ['/metrics', { access: 'open', get: async () => ({ status: 200, ...(await deps.metrics()) }) }],
    ['/status', { access: 'guarded', get: async () => jsonPage(200, await deps.status()) }],
    ['/rules/reload', { access: 'guarded', post: ({ body }) => reloadPage(body, deps.reload) }],
  ])
}

function readinessPage(readiness: Readiness, asJson: boolean): Page {
  const status = readiness.ready ? 200 : 503
  return asJson ? jsonPage(status, readiness) : textPage(status, readinessText(readiness))
}
