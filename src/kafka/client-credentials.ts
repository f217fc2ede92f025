import * as oauth from 'oauth4webapi'
import { TokenError } from './login.ts'
import { createTokenFetch } from './token-fetch.ts'
import type { FreshToken } from './token-source.ts'

export interface ClientCredentialsConfig {
  /** HTTPS, or HTTP on loopback. */
  readonly tokenUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: string | null
  readonly audience: string | null
}

export interface ClientCredentialsDeps {
  /** The PEM text of the authorities to trust; null: those that Node.js brings. Asked at each request. */
  readonly ca: () => string | null
  readonly nowMs?: () => number
}

/** How long the OAuth server may take for a token. */
const TIMEOUT_MS = 5_000

/**
 * Asks an OAuth server for a token by the client credentials grant (RFC 6749, section 4.4); the secret goes in the Authorization
 * header. @throws TokenError
 */
export function createClientCredentials(
  config: ClientCredentialsConfig,
  deps: ClientCredentialsDeps,
): () => Promise<FreshToken> {
  const { tokenUrl, clientId, clientSecret, scope, audience } = config
  const nowMs = deps.nowMs ?? Date.now
  const server: oauth.AuthorizationServer = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl }
  const client: oauth.Client = { client_id: clientId }
  const parameters = new URLSearchParams({
    ...(scope !== null && { scope }),
    ...(audience !== null && { audience }),
  })

  return async () => {
    const askedAtMs = nowMs()
    try {
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        oauth.ClientSecretBasic(clientSecret),
        parameters,
        {
          [oauth.customFetch]: createTokenFetch({ ca: deps.ca(), timeoutMs: TIMEOUT_MS }),
          // Plain text is for loopback alone: `kafka.sasl.oauth.token_url` takes it for nobody else.
          [oauth.allowInsecureRequests]: /^http:/i.test(tokenUrl),
        },
      )
      const answer = await oauth.processClientCredentialsResponse(server, client, response)
      const { access_token, expires_in } = answer
      return {
        value: access_token,
        endsAtMs: expires_in === undefined ? null : askedAtMs + expires_in * 1000,
      }
    } catch (error) {
      throw tokenErrorOf(error, tokenUrl)
    }
  }
}

/** In words that hold nothing which the server could have echoed but OAuth's own names of errors. */
function tokenErrorOf(error: unknown, tokenUrl: string): TokenError {
  const from = `from ${tokenUrl}`
  if (error instanceof oauth.ResponseBodyError) {
    const name = /^[a-z_]{1,40}$/.test(error.error) ? error.error : 'an error'
    return new TokenError(
      'refused',
      `the OAuth server gives no token: ${error.status} ${name} ${from}: look at ${optionFor(name)}`,
    )
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    return new TokenError(
      'refused',
      `the OAuth server gives no token: ${error.status} ${from}: look at ${optionFor('invalid_client')}`,
    )
  }
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    const { status } = (error.cause ?? {}) as { readonly status?: number }
    const answer = status === undefined ? 'something that is no token' : `${status} and no token`
    const away = status !== undefined && status >= 500
    return new TokenError(
      away ? 'away' : 'refused',
      `the OAuth server answers ${answer} ${from}: look at kafka.sasl.oauth.token_url${away ? ', and at the server' : ''}`,
    )
  }
  const { code, message = 'it does not answer' } = (error ?? {}) as { code?: string; message?: string }
  // What is wrong with whom we trust, or with the file that says so.
  const isTrust = /CERT|ISSUER|SIGNATURE|ALTNAME|PEM|^ENOENT$|^EACCES$/.test(code ?? '')
  return new TokenError(
    'away',
    `the OAuth server cannot be reached: ${message} ${from}: look at kafka.sasl.oauth.${isTrust ? 'ca_file' : 'token_url'}`,
  )
}

function optionFor(name: string): string {
  if (name === 'invalid_scope') return 'kafka.sasl.oauth.scope'
  if (name === 'invalid_target' || name === 'access_denied') return 'kafka.sasl.oauth.audience'
  if (name === 'unauthorized_client')
    return 'the client at the OAuth server: it may not use the client credentials grant'
  return 'kafka.sasl.oauth.client_id and kafka.sasl.oauth.client_secret'
}
