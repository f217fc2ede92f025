import { Counter, type Registry } from 'prom-client'
import { GUARD_REFUSALS, type GuardRefusal } from '../admin/guard.ts'

/** Counts who was not let in to the HTTP pages, by the reason. */
export function createHttpMetrics(registry: Registry): (reason: GuardRefusal) => void {
  const refused = new Counter({
    name: 'exhook_http_refused_total',
    help: 'HTTP requests for guarded pages that were not let in, and wrong tokens anywhere, by reason (closed, missing, wrong, waiting, unknown, foreign_host, cross_site).',
    labelNames: ['reason'],
    registers: [registry],
  })
  for (const reason of GUARD_REFUSALS) refused.inc({ reason }, 0)
  return (reason) => refused.inc({ reason })
}
