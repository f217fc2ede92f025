import { Counter, Gauge, type Registry } from 'prom-client'
import type { CertificateStatus } from '../tls/certificate-reload.ts'

/** Handshakes of the hook port, and its certificates. */
export interface TlsMetrics {
  handshakeMade(): void
  /** Set before each scrape; null: plain text. */
  set(status: CertificateStatus | null): void
}

export function createTlsMetrics(registry: Registry): TlsMetrics {
  const registers = [registry]
  const handshakes = new Counter({
    name: 'exhook_tls_handshakes_total',
    help: 'TLS handshakes after which the client was let in.',
    registers,
  })
  const expiry = new Gauge({
    name: 'exhook_tls_certificate_expiry_timestamp_seconds',
    help: 'When our certificate in use expires, in seconds since 1970; without TLS there is none.',
    labelNames: ['serial'],
    aggregator: 'min',
    registers,
  })
  const reloads = new Counter({
    name: 'exhook_tls_reloads_total',
    help: 'Versions of the certificate files that were looked at since the start, by what came of it (ok, mistake, unchanged).',
    labelNames: ['result'],
    registers,
  })
  const mistakes = new Gauge({
    name: 'exhook_tls_mistakes',
    help: 'Mistakes in the certificate files as they are now; above 0, older certificates are in use.',
    aggregator: 'max',
    registers,
  })

  return {
    handshakeMade: () => handshakes.inc(),
    set(status) {
      expiry.reset()
      reloads.reset()
      mistakes.set(status?.mistakes.length ?? 0)
      if (status === null) return
      expiry.set({ serial: status.current.serial }, status.current.notAfterMs / 1000)
      for (const [result, count] of Object.entries(status.results)) reloads.inc({ result }, count)
    },
  }
}
