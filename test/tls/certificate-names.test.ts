import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAllowed, namesOf } from '../../src/tls/certificate-names.ts'
import { type Authority, createAuthority } from '../support/certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-names-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let authority: Authority
beforeAll(async () => {
  authority = await createAuthority(folder, 'authority')
})

describe('the names of a certificate', () => {
  it('are those that were written, whatever stands in them', async () => {
    // An IA5String holds ASCII; commas, quotes and backslashes are what separates and escapes.
    const name = fc.oneof(
      fc.string({ unit: fc.constantFrom(...', ":\\DNSURIab.x\n\0'), minLength: 1, maxLength: 20 }),
      fc.constantFrom('a, DNS:admin', '"a", DNS:admin', 'a", "DNS:admin', '\\", DNS:admin', 'DNS:a'),
    )
    const names = fc.array(name, { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(names, names, async (dns, uri) => {
        const { cert } = await authority.issue('any', { dns, uri, ip: ['10.0.0.1'] })
        expect(namesOf(new X509Certificate(cert))).toEqual({ dns, uri })
      }),
      { numRuns: 60 },
    )
  })

  it('are none without the extension', async () => {
    const { cert } = await authority.issue('any')
    expect(namesOf(new X509Certificate(cert))).toEqual({ dns: [], uri: [] })
  })

  it('are never made of quotes in front of a kind', () => {
    expect(namesOf({ subjectAltName: '"DNS:admin", DNS:a' })).toEqual({ dns: ['a'], uri: [] })
  })
})

describe('a name is allowed', () => {
  const emqx = 'spiffe://x/ns/emqx'
  it.each([
    [{ dns: ['EMQX.local'], uri: [] }, ['emqx.LOCAL'], true],
    [{ dns: ['a', 'b'], uri: [] }, ['b'], true],
    [{ dns: [], uri: [emqx] }, [emqx], true],
    [{ dns: [], uri: [emqx.toUpperCase()] }, [emqx], false],
    [{ dns: ['a.b'], uri: [] }, ['*.b'], false],
    [{ dns: ['*.b'], uri: [] }, ['a.b'], false],
    [{ dns: [], uri: [] }, ['a'], false],
  ])('%j by %j: %s', (names, allowed, is) => {
    expect(isAllowed(names, allowed)).toBe(is)
  })
})
