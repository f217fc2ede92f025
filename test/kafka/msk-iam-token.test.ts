import { afterEach, expect, it, vi } from 'vitest'
import { createMskIamTokens } from '../../src/kafka/msk-iam-token.ts'

afterEach(() => vi.unstubAllEnvs())

it("is AWS's signer's: a signed URL, good for a quarter of an hour, by the credentials of the environment", async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATESTTESTTESTTEST')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 's3cret-key')
  const { value, endsAtMs } = await createMskIamTokens('eu-central-1')()
  const url = new URL(Buffer.from(value, 'base64url').toString())
  expect(url.hostname).toBe('kafka.eu-central-1.amazonaws.com')
  expect(url.searchParams.get('Action')).toBe('kafka-cluster:Connect')
  expect(url.searchParams.get('X-Amz-Credential')).toMatch(
    /^AKIATESTTESTTESTTEST\/\d{8}\/eu-central-1\/kafka-cluster\//,
  )
  expect(url.href).not.toContain('s3cret-key')
  const lifeMs = (endsAtMs ?? 0) - Date.now()
  expect(lifeMs).toBeGreaterThan(880_000)
  expect(lifeMs).toBeLessThanOrEqual(900_000)
})

it('has words for credentials that are not there, and for a signer that was left out', async () => {
  const without = createMskIamTokens('eu-central-1', async () => ({
    generateAuthToken: () =>
      Promise.reject(Object.assign(new Error('s3cret'), { name: 'CredentialsProviderError' })),
  }))
  await expect(without()).rejects.toMatchObject({
    reason: 'away',
    message: expect.stringMatching(
      /no credentials to sign with \(CredentialsProviderError\): give the process a role/,
    ),
  })
  const leftOut = createMskIamTokens('eu-central-1', () => Promise.reject(new Error('ERR_MODULE_NOT_FOUND')))
  await expect(leftOut()).rejects.toMatchObject({
    reason: 'refused',
    message: expect.stringMatching(/needs the package aws-msk-iam-sasl-signer-js/),
  })
})
