import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

/** What the endpoint is asked, and how it answers. */
export interface TokenEndpoint {
  readonly url: string
  readonly privateKey: KeyObject
  /** The public half of its key, as a JSON Web Key Set: what a broker checks tokens with. */
  readonly jwks: string
  /** The body of every request so far, and the user and password of its Authorization. */
  readonly asked: readonly TokenRequest[]
  /** How it answers from now on; null: with tokens again. */
  answerWith(answer: ((response: ServerResponse) => void) | null): void
  /** How long its tokens are valid from now on, in seconds. */
  tokensLast(seconds: number): void
  close(): Promise<void>
}

export interface TokenRequest {
  readonly form: URLSearchParams
  readonly user: string
  readonly password: string
}

export interface TokenEndpointConfig {
  readonly clients: Readonly<Record<string, string>>
  /** Whose key it signs with. Default: one of its own. */
  readonly signWith?: Pick<TokenEndpoint, 'privateKey'>
  /** Serves HTTPS with these; default: HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** An OAuth server that knows one grant, client credentials: a token is a JWT whose `sub` is the client's id. */
export async function startTokenEndpoint(config: TokenEndpointConfig): Promise<TokenEndpoint> {
  const privateKey =
    config.signWith?.privateKey ?? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const asked: TokenRequest[] = []
  let answer: ((response: ServerResponse) => void) | null = null
  let lifeSeconds = 300

  function tokenFor(form: URLSearchParams, client: string): string {
    const now = Math.floor(Date.now() / 1000)
    const claims = { sub: client, aud: form.get('audience') ?? 'kafka', iat: now, exp: now + lifeSeconds }
    const signed = `${base64({ alg: 'RS256', kid: 'test', typ: 'JWT' })}.${base64(claims)}`
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`
  }

  async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await textOf(request))
    const basic = /^Basic (.*)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const [user = '', password = ''] = Buffer.from(basic, 'base64').toString().split(':').map(formDecoded)
    asked.push({ form, user, password })
    if (answer !== null) return answer(response)
    const known = config.clients[user] === password
    const ok = { access_token: known && tokenFor(form, user), token_type: 'Bearer', expires_in: lifeSeconds }
    answerJson(
      response,
      known ? 200 : 401,
      known ? ok : { error: 'invalid_client', error_description: 'Bad secret' },
    )
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => void onRequest(request, response)
  const server =
    config.tls === undefined ? createHttpServer(listener) : createHttpsServer({ ...config.tls }, listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const key = {
    ...createPublicKey(privateKey).export({ format: 'jwk' }),
    kid: 'test',
    alg: 'RS256',
    use: 'sig',
  }
  return {
    url: `${config.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/token`,
    privateKey,
    jwks: JSON.stringify({ keys: [key] }),
    asked,
    answerWith(next) {
      answer = next
    },
    tokensLast(seconds) {
      lifeSeconds = seconds
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A JSON answer with this status. */
export function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** User and password are encoded as a form's fields before they become Basic (RFC 6749, section 2.3.1). */
const formDecoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
