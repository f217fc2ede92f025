import { afterEach, describe, expect, it } from 'vitest'
import { EmqxApiError } from '../../src/emqx/api-error.ts'
import { createEmqxApi } from '../../src/emqx/emqx-api.ts'
import { freePort } from '../support/free-port.ts'
import { startApiServer } from './api-server.ts'
import { KEY, SECRET, useRestScenes } from './scene.ts'

const scenes = useRestScenes()
let close = () => Promise.resolve()
afterEach(() => close())

type Answer = Parameters<typeof startApiServer>[0]

async function apiOf(answer: Answer, config: { timeoutMs?: number; writeTimeoutMs?: number } = {}) {
  const server = await startApiServer(answer)
  close = () => server.close()
  return { api: createEmqxApi({ url: server.url, key: KEY, secret: SECRET, ...config }), server }
}

const json =
  (status: number, body: unknown): Answer =>
  (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

async function errorOf(promise: Promise<unknown>): Promise<EmqxApiError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof EmqxApiError)) throw new Error(`no EmqxApiError but ${String(error)}`)
  for (const secret of [SECRET, Buffer.from(`${KEY}:${SECRET}`).toString('base64'), 'PRIVATE'])
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(secret)
  return error
}

describe('against the stand-in', () => {
  it('does all that it says', async () => {
    const provider = await scenes.provider({ hooks: [{ name: 'message.publish', topics: ['a'] }] })
    const { api } = await scenes.emqx()
    expect(await api.list()).toEqual([])
    await api.create({ name: 'p', url: provider.url })
    const [listed] = await api.list()
    expect(listed).toMatchObject({
      name: 'p',
      nodes: [{ node: 'emqx@127.0.0.1', status: 'connected' }],
      hooks: [{ name: 'message.publish', topics: ['a'] }],
      metrics: { succeed: 0, failed: 0, rate: 0, maxRate: 0 },
    })
    await api.update('p', { ...listed?.body, failed_action: 'ignore' })
    expect((await api.get('p')).body).toMatchObject({ failed_action: 'ignore', pool_size: 8 })
    expect(await api.hooks('p')).toMatchObject([{ name: 'message.publish', metrics: { succeed: 0 } }])
    await api.create({ name: 'q', url: 'http://127.0.0.1:1', enable: false })
    await api.moveToFront('q')
    expect((await api.list()).map(({ name }) => name)).toEqual(['q', 'p'])
    expect(await api.nodes()).toEqual([{ node: 'emqx@127.0.0.1', version: '5.8.9' }])
  })

  it('takes an address that ends in a slash, or in /api/v5', async () => {
    const { emqx } = await scenes.emqx()
    for (const end of ['/', '/api/v5', '/api/v5/']) {
      const api = createEmqxApi({ url: emqx.restUrl + end, key: KEY, secret: SECRET })
      expect(await api.list()).toEqual([])
    }
  })

  it.each([
    ['get', 'not-found'],
    ['hooks', 'refused'],
  ] as const)('tells a provider that is not there: %s', async (what, kind) => {
    const { api } = await scenes.emqx()
    expect((await errorOf(api[what]('p'))).kind).toBe(kind)
  })

  it('tells a wrong secret', async () => {
    const { emqx } = await scenes.emqx()
    const api = createEmqxApi({ url: emqx.restUrl, key: KEY, secret: 'wrong' })
    const { kind, message } = await errorOf(api.list())
    expect(kind).toBe('unauthorized')
    expect(message).toContain('401, BAD_API_KEY_OR_SECRET: Check api_key/api_secret')
  })
})

describe('a hostile answer', () => {
  it.each<[string, Answer, EmqxApiError['kind'], string]>([
    [
      'a page',
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'not-emqx',
      'not JSON but text/html',
    ],
    ['no list', json(200, { data: [] }), 'not-emqx', 'no list of providers'],
    ['a list of something else', json(200, [1]), 'not-emqx', 'no list of providers'],
    ['a provider without a name', json(200, [{ url: 'x' }]), 'not-emqx', 'no provider'],
    ['nothing at all', (_, response) => void response.end(), 'not-emqx', 'no list of providers'],
    ['no such page', json(404, {}), 'not-emqx', 'from 5.0 on'],
    [
      'a fault',
      json(500, { code: 'INTERNAL_ERROR', message: 'oops\u001b[31m' }),
      'failed',
      'oops\\u{1b}[31m',
    ],
    ['a fault on a page', (_, response) => void response.writeHead(502).end('<html>'), 'failed', ': 502'],
    [
      'no right',
      json(403, { code: 'UNAUTHORIZED_ROLE', message: 'no' }),
      'forbidden',
      '403, UNAUTHORIZED_ROLE',
    ],
    [
      'a way elsewhere',
      (_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(),
      'not-emqx',
      'redirects elsewhere (302)',
    ],
    [
      'our own secrets',
      (request, response) =>
        json(400, {
          code: 'X',
          message: `${request.headers.authorization} ${SECRET} -----BEGIN PRIVATE KEY-----a`,
        })(request, response),
      'refused',
      '[redacted]',
    ],
    ['a long message', json(400, { message: 'x'.repeat(10_000) }), 'refused', `${'x'.repeat(300)}…`],
    ['a message that is none', json(400, { message: { a: [1] } }), 'refused', '{"a":[1]}'],
    [
      'half an answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('[')
        request.socket.destroy()
      },
      'unreachable',
      'the connection failed',
    ],
  ])('%s is an error in a sentence', async (_, answer, kind, what) => {
    const { api, server } = await apiOf(answer)
    const error = await errorOf(api.list())
    expect(error.kind).toBe(kind)
    expect(error.message).toContain(what)
    expect(error.message.length).toBeLessThan(600)
    expect(server.requests).toEqual(['GET /api/v5/exhooks'])
  })

  it('that never comes, or never ends, is waited for no longer than said', async () => {
    const { api } = await apiOf(
      (request, response) => {
        if (request.url?.endsWith('/nodes')) response.writeHead(200).write('[')
      },
      { timeoutMs: 200, writeTimeoutMs: 300 },
    )
    for (const asked of [api.list(), api.nodes(), api.update('p', {})]) {
      expect((await errorOf(asked)).kind).toBe('timeout')
    }
  })

  it('without end is not read to the end', async () => {
    let sent = 0
    const { api } = await apiOf((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, ' ')
      const send = () => {
        while (!response.destroyed && sent < 1e9) {
          sent += chunk.length
          if (!response.write(chunk)) return void response.once('drain', send)
        }
      }
      send()
    })
    const { kind, message } = await errorOf(api.list())
    expect([kind, message.includes('longer than 4194304 bytes')]).toEqual(['not-emqx', true])
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })
})

it('tells that nobody listens, that there is no such host, and that it was interrupted', async () => {
  const port = await freePort()
  const nobody = createEmqxApi({ url: `http://127.0.0.1:${port}`, key: KEY, secret: SECRET })
  expect((await errorOf(nobody.list())).message).toContain('nobody listens there')
  const nowhere = createEmqxApi({ url: 'http://emqx.invalid:18083', key: KEY, secret: SECRET })
  // A resolver that is away itself takes its time.
  expect(['unreachable', 'timeout']).toContain((await errorOf(nowhere.list())).kind)
  const ending = new AbortController()
  const server = await startApiServer(() => ending.abort())
  close = () => server.close()
  const ended = createEmqxApi({ url: server.url, key: KEY, secret: SECRET }, ending.signal)
  expect((await errorOf(ended.list())).message).toContain('interrupted')
})
