import type { ServerResponse } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createClientCredentials } from '../../src/kafka/client-credentials.ts'
import type { TokenError } from '../../src/kafka/login.ts'
import { answerJson, startTokenEndpoint, type TokenEndpoint } from '../support/token-endpoint.ts'

/** With all that OAuth wants encoded in it. */
const SECRET = 'pa:ss wörd/+&%'
let endpoint: TokenEndpoint

beforeAll(async () => {
  endpoint = await startTokenEndpoint({ clients: { 'us & them': SECRET } })
})
afterAll(() => endpoint.close())

const fetcher = (
  more: { tokenUrl?: string; clientSecret?: string; scope?: string; audience?: string } = {},
) =>
  createClientCredentials(
    {
      tokenUrl: endpoint.url,
      clientId: 'us & them',
      clientSecret: SECRET,
      scope: null,
      audience: null,
      ...more,
    },
    { ca: () => null, nowMs: () => 1_000 },
  )

it('asks as RFC 6749 has it, and knows when the token ends', async () => {
  endpoint.tokensLast(120)
  const token = await fetcher({ scope: 'kafka write', audience: 'cluster' })()
  expect(token.value.split('.')).toHaveLength(3)
  expect(token.endsAtMs).toBe(121_000)
  const { form, user, password } = endpoint.asked.at(-1) ?? {}
  expect([user, password]).toEqual(['us & them', SECRET])
  expect(Object.fromEntries(form ?? [])).toEqual({
    grant_type: 'client_credentials',
    scope: 'kafka write',
    audience: 'cluster',
  })
})

it('says nothing that it was not told to', async () => {
  await fetcher()()
  expect(Object.fromEntries(endpoint.asked.at(-1)?.form ?? [])).toEqual({ grant_type: 'client_credentials' })
})

const echo = { error_description: `you said ${SECRET}` }
const CASES: readonly [string, (response: ServerResponse) => void, TokenError['reason'], RegExp][] = [
  [
    'refuses the secret',
    (r) => answerJson(r, 401, { error: 'invalid_client', ...echo }),
    'refused',
    /: 401 invalid_client from .*client_id and kafka\.sasl\.oauth\.client_secret$/,
  ],
  [
    'refuses by a challenge',
    (r) => r.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    'refused',
    /: 401 from .*client_secret$/,
  ],
  [
    'refuses the scope',
    (r) => answerJson(r, 400, { error: 'invalid_scope', ...echo }),
    'refused',
    /400 invalid_scope .*look at kafka\.sasl\.oauth\.scope$/,
  ],
  [
    'refuses the audience',
    (r) => answerJson(r, 403, { error: 'access_denied', ...echo }),
    'refused',
    /403 access_denied .*look at kafka\.sasl\.oauth\.audience$/,
  ],
  [
    'refuses the grant',
    (r) => answerJson(r, 400, { error: 'unauthorized_client' }),
    'refused',
    /it may not use the client credentials grant$/,
  ],
  ['says something strange', (r) => answerJson(r, 400, { error: SECRET }), 'refused', /400 an error from/],
  [
    'answers garbage',
    (r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
    'refused',
    /answers .*no token .*token_url$/,
  ],
  [
    'answers JSON that is no token',
    (r) => answerJson(r, 200, { token: 1 }),
    'refused',
    /no token .*token_url$/,
  ],
  [
    'gives another kind of token',
    (r) => answerJson(r, 200, { access_token: 'x', token_type: 'mac' }),
    'refused',
    /no token/,
  ],
  [
    'redirects',
    (r) => r.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    'refused',
    /302 and no token/,
  ],
  ['is out of order', (r) => r.writeHead(503).end('later'), 'away', /503 and no token .*and at the server$/],
  ['hangs up', (r) => r.destroy(), 'away', /cannot be reached: .*token_url$/],
  ['talks without end', (r) => endless(r), 'away', /longer than 262144 bytes/],
]

it.each(CASES)('has words for a server that %s, without the secret', async (_, answer, reason, words) => {
  endpoint.answerWith(answer)
  const error = (await fetcher()().catch((thrown: unknown) => thrown)) as TokenError
  endpoint.answerWith(null)
  expect(error).toMatchObject({ name: 'TokenError', reason })
  expect(error.message).toMatch(words)
  expect(error.message).not.toContain('pa:ss')
})

it('has words for a server that is not there', async () => {
  const error = await fetcher({ tokenUrl: 'http://127.0.0.1:1/token' })().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ reason: 'away', message: expect.stringMatching(/ECONNREFUSED.*token_url$/) })
})

function endless(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  const more = () => response.destroyed || response.write('x'.repeat(65_536), () => setImmediate(more))
  more()
}

it('has words for an authority whose file has gone', async () => {
  const ask = createClientCredentials(
    { tokenUrl: endpoint.url, clientId: 'us', clientSecret: SECRET, scope: null, audience: null },
    {
      ca: () => {
        throw Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' })
      },
    },
  )
  await expect(ask()).rejects.toMatchObject({ reason: 'away', message: expect.stringMatching(/ca_file$/) })
})
