import { TokenError } from './login.ts'
import type { FreshToken } from './token-source.ts'

/** What is used of AWS's signer. */
export interface MskIamSigner {
  generateAuthToken(options: { readonly region: string }): Promise<{
    readonly token: string
    readonly expiryTime: number
  }>
}

/**
 * Tokens for Amazon MSK with IAM: a URL signed by AWS's own signer, with the credentials that AWS's tools would find (environment, role
 * of the pod or of the machine). The signer and what it brings are loaded only here, at the first token. @throws TokenError
 */
export function createMskIamTokens(
  region: string,
  load: () => Promise<MskIamSigner> = () => import('aws-msk-iam-sasl-signer-js'),
): () => Promise<FreshToken> {
  return async () => {
    let signer: MskIamSigner
    try {
      signer = await load()
    } catch {
      throw new TokenError(
        'refused',
        'aws-msk-iam needs the package aws-msk-iam-sasl-signer-js, which was left out when this was installed: install without `--omit=optional`',
      )
    }
    try {
      const { token, expiryTime } = await signer.generateAuthToken({ region })
      return { value: token, endsAtMs: expiryTime }
    } catch (error) {
      const name = error instanceof Error ? error.name : 'an error'
      throw new TokenError(
        'away',
        `AWS's signer has no credentials to sign with (${name}): give the process a role (IRSA, instance or task role) or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
      )
    }
  }
}
