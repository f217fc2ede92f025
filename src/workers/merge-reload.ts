import type { ReloadReport } from '../admin/reload-page.ts'

/** The worst first: who asks wants to know whether all have the rules of the file. */
const WORST: readonly ReloadReport['result'][] = ['mistake', 'stopped', 'ok', 'unchanged']

/** What came of a reload with all workers: the worst of it, and whose it is where they differ. null: no answer. */
export function mergeReloads(reports: readonly (ReloadReport | null)[]): ReloadReport {
  const outcomes = reports.map((report) => report?.result ?? 'no answer')
  const worst = WORST.flatMap((result) => reports.find((report) => report?.result === result) ?? [])[0]
  if (worst === undefined || (reports.includes(null) && worst.result !== 'mistake'))
    return { result: 'stopped', workers: outcomes }
  return new Set(outcomes).size === 1 ? worst : { ...worst, workers: outcomes }
}
