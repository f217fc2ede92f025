/** What came of asking the registry for known vulnerabilities. */
export type AuditOutcome =
  | { readonly outcome: 'clean' }
  | { readonly outcome: 'vulnerable'; readonly packages: readonly string[] }
  /** The registry could not be asked, or knows no audits: nothing is known. */
  | { readonly outcome: 'not asked'; readonly why: string }

interface Report {
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity?: string }>>
  readonly metadata?: { readonly vulnerabilities?: { readonly total?: number } }
  readonly message?: string
  readonly error?: { readonly summary?: string }
}

/** Reads what `npm audit --json` printed. Only a whole report counts as an answer. */
export function auditOutcome(stdout: string, stderr: string): AuditOutcome {
  let report: Report
  try {
    report = JSON.parse(stdout) as Report
  } catch {
    return { outcome: 'not asked', why: stderr.trim() || 'npm said nothing' }
  }
  const total = report.metadata?.vulnerabilities?.total
  if (report.vulnerabilities === undefined || total === undefined) {
    const why = report.error?.summary || report.message || stderr.trim() || 'npm made no report'
    return { outcome: 'not asked', why }
  }
  const packages = Object.entries(report.vulnerabilities).map(
    ([name, { severity }]) => `${name} (${severity})`,
  )
  return packages.length === 0 && total === 0 ? { outcome: 'clean' } : { outcome: 'vulnerable', packages }
}
