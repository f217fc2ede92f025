import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looksLikeTls, securityFailure } from '../../src/kafka/error-security.ts'
import { TokenError } from '../../src/kafka/login.ts'
import { TlsFilesError } from '../../src/kafka/tls-source.ts'

describe('sorts', () => {
  it.each([
    ['CERT_HAS_EXPIRED', 'TlsCertificateExpired'],
    ['CERT_NOT_YET_VALID', 'TlsCertificateExpired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'TlsWrongHostName'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'TlsCertificateNotTrusted'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'TlsCertificateNotTrusted'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'TlsCertificateNotTrusted'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'TlsCertificateNotTrusted'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TlsNotSpoken'],
    // As OpenSSL 3.5 and as older ones write them.
    ['ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE', 'TlsClientCertificateMissing'],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'TlsClientCertificateMissing'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'TlsClientCertificateMissing'],
    ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN', 'TlsClientCertificateRefused'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'TlsClientCertificateRefused'],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'TlsClientCertificateRefused'],
  ])('%s as %s, wherever it stands, with an option or a place to look at', (code, name) => {
    const failure = securityFailure([new Error('outer'), Object.assign(new Error('inner'), { code })])
    expect(failure).toMatchObject({ kind: 'cluster', code: name })
    expect(failure?.message).toMatch(/kafka\.(tls|brokers)|at the broker|clocks/)
  })

  it.each([
    [new TokenError('away', 'x'), 'connection'],
    [new TokenError('refused', 'x'), 'cluster'],
    [new TokenError('rejected', 'x'), 'cluster'],
    [new TlsFilesError('x'), 'cluster'],
  ])('%s', (error, kind) => {
    expect(securityFailure([new Error('outer'), error])).toEqual({ kind, code: error.name, message: 'x' })
  })

  it('nothing else', () => {
    for (const code of [
      'ECONNREFUSED',
      'ECONNRESET',
      'ETIMEDOUT',
      'ENOTFOUND',
      'PLT_KFK_NETWORK',
      58,
      undefined,
    ]) {
      expect(securityFailure([Object.assign(new Error('x'), { code })])).toBeNull()
    }
    expect(securityFailure([])).toBeNull()
  })
})

it('takes the records of TLS for TLS, and no answer of Kafka', () => {
  expect(looksLikeTls(Buffer.from([0x15, 3, 3, 0, 2, 2, 80]))).toBe(true)
  expect(looksLikeTls(Buffer.from([0x16, 3, 1]))).toBe(true)
  // An answer begins with its length, which is below 100 MiB, and so with a byte of at most 6.
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 * 1024 * 1024 }), (length) => {
      const answer = Buffer.alloc(8)
      answer.writeInt32BE(length)
      expect(looksLikeTls(answer)).toBe(false)
    }),
  )
})
