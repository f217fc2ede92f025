import { describe, expect, it } from 'vitest'
import { SAFE_HEADERS } from '../../src/admin/answer.ts'
import { methodsOf, type Route } from '../../src/admin/route.ts'
import { createRoutes } from '../../src/admin/routes.ts'
import { EVERYWHERE, httpDeps, serveHttp, TOKEN } from './serving.ts'

const ROUTES = [...createRoutes(httpDeps())].map(([path, route]) => ({ path, route }))
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'] as const

/** What is asked of each page by whoever may have it. */
const asked = (method: string) => ({
  method,
  headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
})

/** The pages that everybody may have. Whoever makes another one open has to say so here too. */
const OPEN = ['/', '/healthz', '/readyz', '/metrics']

it('says of every page who may have it', () => {
  const open = ROUTES.filter(({ route }) => route.access === 'open').map(({ path }) => path)
  expect(open).toEqual(OPEN)
  for (const { path, route } of ROUTES) {
    expect(['open', 'guarded']).toContain(route.access)
    // What acts is never open; and there is no third way to a page.
    if (route.access === 'open') expect(Object.keys(route)).not.toContain('post')
    expect(
      Object.keys(route).filter((key) => !['access', 'get', 'post', 'moreIfTrusted'].includes(key)),
    ).toEqual([])
    expect(methodsOf(route as Route).length, path).toBeGreaterThan(0)
    expect(path).toMatch(/^\/[a-z/]*$/)
  }
})

const bodiesOf = async (base: string, path: string, method: string, headers: Record<string, string>) => {
  const response = await fetch(`${base}${path}`, { method, headers })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

describe.each(ROUTES)('$path', ({ path, route }) => {
  const methods = methodsOf(route)
  const json = { 'content-type': 'application/json' }

  it('answers its own methods and no other', async () => {
    const { port } = await serveHttp({ ...EVERYWHERE, token: TOKEN })
    for (const method of METHODS.filter((one) => one !== 'TRACE')) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, asked(method))
      if (methods.includes(method)) expect([method, response.status]).toEqual([method, 200])
      else {
        expect([method, response.status]).toEqual([method, 405])
        expect(response.headers.get('allow')).toBe(methods.join(', '))
      }
    }
  })

  if (route.access === 'guarded') {
    it.each([
      ['without a token on all addresses', { ...EVERYWHERE }, {}, 403, 'closed'],
      [
        'without one, though somebody presents one',
        { ...EVERYWHERE },
        { authorization: `Bearer ${TOKEN}` },
        403,
        'closed',
      ],
      ['with a token that nobody presents', { ...EVERYWHERE, token: TOKEN }, {}, 401, 'missing'],
      ['the same on loopback', { token: TOKEN }, {}, 401, 'missing'],
      [
        'with a wrong token',
        { token: TOKEN },
        { authorization: 'Bearer correct-horse-batterx' },
        401,
        'wrong',
      ],
      ['with the token as a password', { token: TOKEN }, { authorization: `Basic ${TOKEN}` }, 401, 'missing'],
      ['with two tokens', { token: TOKEN }, { authorization: `Bearer ${TOKEN} ${TOKEN}` }, 401, 'missing'],
      ['for another site', {}, { origin: 'http://evil.example' }, 403, 'cross_site'],
      [
        'for another site with the token',
        { token: TOKEN },
        { authorization: `Bearer ${TOKEN}`, 'sec-fetch-site': 'cross-site' },
        403,
        'cross_site',
      ],
    ])('is made for nobody %s', async (_, config, headers, status, reason) => {
      const made: string[] = []
      const { base, refusals } = await serveHttp(config, {
        status: () => ({ made: made.push('status') }),
        reload: async () => {
          made.push('reload')
          return { result: 'ok' }
        },
      })
      for (const method of methods) {
        const answer = await bodiesOf(base, path, method, { ...json, ...(headers as Record<string, string>) })
        expect(answer.status).toBe(status)
        expect(answer.headers.get('www-authenticate')).toBe(
          status === 401 ? 'Bearer realm="exhook-kafka"' : null,
        )
        expect(answer.text).not.toContain(TOKEN)
      }
      expect(made).toEqual([])
      expect(refusals).toEqual(methods.map(() => reason))
    })

    it('is made for who has the token, and on loopback without one', async () => {
      for (const [config, headers] of [
        [{ ...EVERYWHERE, token: TOKEN }, { authorization: `Bearer ${TOKEN}` }],
        [{ token: TOKEN }, { authorization: `bearer ${TOKEN}` }],
        [{}, {}],
      ] as const) {
        const { base, refusals } = await serveHttp(config)
        for (const method of methods)
          expect((await bodiesOf(base, path, method, { ...json, ...headers })).status).toBe(200)
        expect(refusals).toEqual([])
      }
    })
  } else {
    it('is for everybody, whatever is presented', async () => {
      const { base } = await serveHttp({ ...EVERYWHERE, token: TOKEN })
      for (const headers of [
        {},
        { authorization: 'Bearer wrong-wrong-wrong-wrong' },
        { origin: 'http://evil.example' },
      ])
        for (const method of methods)
          expect((await bodiesOf(base, path, method, headers as never)).status).toBe(200)
    })
  }

  it('has the headers of every answer, also where it is refused', async () => {
    const { base } = await serveHttp({ ...EVERYWHERE })
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const { headers } = await bodiesOf(base, path, method, {})
      const { connection: _, ...safe } = SAFE_HEADERS
      expect(Object.fromEntries(headers)).toMatchObject(safe)
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([])
    }
  })
})

describe('/readyz', () => {
  it.each([
    ['without the token on all addresses', { ...EVERYWHERE }, {}, false],
    ['without the token where there is one', { token: TOKEN }, {}, false],
    ['with a wrong one', { token: TOKEN }, { authorization: 'Bearer wrong-wrong-wrong-wrong' }, false],
    ['for another site', {}, { origin: 'http://evil.example' }, false],
    ['with the token', { ...EVERYWHERE, token: TOKEN }, { authorization: `Bearer ${TOKEN}` }, true],
    ['on loopback', {}, {}, true],
  ])('%s', async (_, config, headers, details) => {
    const { base, refusals } = await serveHttp(config)
    const text = await bodiesOf(base, '/readyz', 'GET', headers as Record<string, string>)
    const json = await bodiesOf(base, '/readyz', 'GET', { ...headers, accept: 'application/json' } as never)
    expect([text.status, json.status]).toEqual([200, 200])
    expect(text.text).toBe(
      details ? 'ready\nkafka: connected\nqueue: 0 of 100000 records\n' : 'ready\nkafka: ok\nqueue: ok\n',
    )
    expect(JSON.parse(json.text).parts[0]).toEqual({
      name: 'kafka',
      ok: true,
      ...(details && { detail: 'connected' }),
    })
    // Probes are no intruders.
    const wrong = 'authorization' in headers && !details
    expect(refusals).toEqual(wrong ? ['wrong', 'wrong'] : [])
  })
})

describe('/rules/reload', () => {
  const post = (
    base: string,
    body: string | null,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => fetch(`${base}/rules/reload`, { method: 'POST', body, headers })

  it.each([
    ['ok', 200],
    ['unchanged', 200],
    ['mistake', 422],
    ['stopped', 503],
  ] as const)('tells what came of it: %s', async (result, status) => {
    const { base } = await serveHttp({}, { reload: async () => ({ result, rules: 2, added: ['a'] }) })
    for (const body of [null, '', '{}', ' { } ']) {
      const response = await post(base, body)
      expect(response.status).toBe(status)
      expect(await response.json()).toEqual({ result, rules: 2, added: ['a'] })
    }
  })

  it.each([
    ['no JSON', '{', 400],
    ['something to set', '{"rules": "/etc/passwd"}', 400],
    ['something else', '[]', 400],
    ['a prototype', '{"__proto__": {}}', 400],
    ['too much', JSON.stringify('x'.repeat(70_000)), 413],
  ])('refuses %s', async (_, body, status) => {
    let reloads = 0
    const { base } = await serveHttp({}, { reload: async () => ({ result: 'ok', n: reloads++ }) })
    expect((await post(base, body)).status).toBe(status)
    expect(reloads).toBe(0)
  })

  it.each([
    ['a form', 'application/x-www-form-urlencoded'],
    ['a form with files', 'multipart/form-data; boundary=x'],
    ['text', 'text/plain'],
    ['JSON in disguise', 'text/plain;application/json'],
    ['something beside', 'application/json-patch+json'],
  ])('refuses %s, which another site can send', async (_, type) => {
    let reloads = 0
    const { base } = await serveHttp({}, { reload: async () => ({ result: 'ok', n: reloads++ }) })
    expect((await post(base, '{}', { 'content-type': type })).status).toBe(415)
    expect(reloads).toBe(0)
    expect((await post(base, '{}', { 'content-type': 'application/json; charset=utf-8' })).status).toBe(200)
  })

  it('says that it failed, and not how', async () => {
    const { base, lines } = await serveHttp({}, { reload: () => Promise.reject(new TypeError('qZx7hunter')) })
    const response = await post(base, null)
    expect([response.status, await response.text()]).toEqual([500, 'this page failed; the log says where\n'])
    expect(lines).toMatchObject([{ error: 'TypeError' }])
    expect(JSON.stringify(lines)).not.toContain('qZx7hunter')
  })
})

it('takes a known secret out of what a page says', async () => {
  const { base } = await serveHttp({}, { redact: (text) => text.replaceAll('connected', '[redacted]') })
  expect((await bodiesOf(base, '/readyz', 'GET', {})).text).toContain('kafka: [redacted]')
})
