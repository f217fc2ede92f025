import type { ReadinessPart } from '../admin/readiness.ts'
import { formatMistake } from '../config/config-error.ts'
import type { CertificateStatus } from './certificate-reload.ts'
import { certificateWarnings } from './certificates.ts'

/** The part `tls` of readiness: not ok while the files have mistakes, and when our certificate is not good at this time. */
export function certificatePart({ current, mistakes }: CertificateStatus, nowMs: number): ReadinessPart {
  const inUse = `certificate ${current.serial} is in use, expires ${new Date(current.notAfterMs).toISOString()}`
  const warnings = certificateWarnings(current, nowMs)
  const wrong = [
    ...warnings,
    ...(mistakes.length === 0 ? [] : [`its files have mistakes: ${mistakes.map(formatMistake).join('; ')}`]),
  ]
  return { name: 'tls', ok: wrong.length === 0, detail: [inUse, ...wrong].join('; ') }
}
