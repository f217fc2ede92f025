import { rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isCrossSite, isLoopbackHost } from '../../src/admin/browser.ts'
import { createToken } from '../../src/admin/token.ts'
import { createWrongTokens } from '../../src/admin/wrong-tokens.ts'
import { configMapVolume } from '../reload/rule-directory.ts'
import { createLogRecorder } from '../support/quiet-log.ts'
import { temporaryFile } from '../support/temporary-file.ts'
import { sendRaw } from './raw-http.ts'
import { EVERYWHERE, serveHttp, TOKEN } from './serving.ts'

/** The status of `/status` with these headers as they stand; undici would not send some of them. */
function statusOf(port: number, headers: Record<string, string>, path = '/status'): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port, path, headers, agent: false, setHost: false },
      (response) => {
        response.resume()
        resolve(response.statusCode ?? 0)
      },
    )
    call.on('error', reject)
    call.end()
  })
}

describe('without a token on loopback', () => {
  it.each(['127.0.0.1:PORT', 'localhost:PORT', 'LocalHost:PORT', '[::1]:PORT', '127.9.9.9:PORT'])(
    'the host %s is this machine',
    async (host) => {
      const { port } = await serveHttp()
      expect(await statusOf(port, { host: host.replace('PORT', String(port)) })).toBe(200)
    },
  )

  it.each([
    ...['evil.example:PORT', 'evil.example', 'localhost', '127.0.0.1', '127.0.0.1:1', 'localhost:80'],
    ...[
      'localhost.evil.example:PORT',
      '127.0.0.1.evil.example:PORT',
      'localhost:PORT.evil.example',
      'xlocalhost:PORT',
    ],
    ...[
      '127.0.0.1:PORT@evil.example',
      'evil.example#localhost:PORT',
      '0.0.0.0:PORT',
      '[::]:PORT',
      '[::ffff:127.0.0.1]:PORT',
    ],
    ...['2130706433:PORT', '0x7f000001:PORT', '127.1:PORT', 'localhost.:PORT', '10.0.0.1:PORT', ''],
  ])('the host %j is a stranger’s, as after DNS rebinding', async (host) => {
    const { port, refusals } = await serveHttp()
    const told = host.replace('PORT', String(port))
    expect(await statusOf(port, { host: told })).toBe(403)
    expect(refusals).toEqual(['foreign_host'])
    // What is open stays open: a probe may come by any name.
    expect(await statusOf(port, { host: told }, '/healthz')).toBe(200)
  })

  it('takes no browser for its own that another site drives', async () => {
    const { port } = await serveHttp()
    const host = `127.0.0.1:${port}`
    const status = (headers: Record<string, string>) => statusOf(port, { host, ...headers })
    for (const origin of [
      'http://evil.example',
      'null',
      `http://localhost:${port}`,
      `http://127.0.0.1:${port + 1}`,
      '',
      'x',
      `http://127.0.0.1:${port}.evil.example`,
    ])
      expect([origin, await status({ origin })]).toEqual([origin, 403])
    for (const site of ['cross-site', 'same-site', 'nonsense', ''])
      expect([site, await status({ 'sec-fetch-site': site })]).toEqual([site, 403])
    expect(await status({ origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' })).toBe(200)
    // Typed into the address bar.
    expect(await status({ 'sec-fetch-site': 'none' })).toBe(200)
  })
})

describe('with a token', () => {
  it('the host may be any, as behind an ingress, and the origin that host', async () => {
    const { port } = await serveHttp({ ...EVERYWHERE, token: TOKEN })
    const headers = { host: 'exhook.example.com', authorization: `Bearer ${TOKEN}` }
    expect(await statusOf(port, headers)).toBe(200)
    expect(await statusOf(port, { ...headers, origin: 'https://exhook.example.com' })).toBe(200)
    expect(await statusOf(port, { ...headers, origin: 'https://example.com' })).toBe(403)
  })

  it('of two hosts or two tokens, none counts', async () => {
    const { port } = await serveHttp({ token: TOKEN })
    const ask = async (...headers: readonly string[]) =>
      (await sendRaw(port, `GET /status HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)).status
    const [right, wrong] = [`authorization: Bearer ${TOKEN}`, 'authorization: Bearer wrong-wrong-wrong-wrong']
    expect(await ask('host: a', right)).toBe(200)
    expect(await ask('host: a', 'host: a', right)).toBe(400)
    expect(await ask('host: a', wrong, right)).toBe(401)
    expect(await ask('host: a', right, right)).toBe(401)
  })

  it('wrong ones end after ten, for their address and a while, and no probe with them', async () => {
    const { base, refusals, lines } = await serveHttp({ ...EVERYWHERE, token: TOKEN })
    const get = (path: string, token: string) =>
      fetch(`${base}${path}`, { headers: { authorization: `Bearer ${token}` } })
    for (let n = 0; n < 10; n++) expect((await get('/status', `wrong-wrong-wrong-${n}`)).status).toBe(401)
    // Not even the right one is looked at, or trying on would tell.
    for (const token of [TOKEN, 'wrong-wrong-wrong-10']) {
      const response = await get('/status', token)
      expect(response.status).toBe(429)
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(50)
    }
    for (const path of ['/healthz', '/readyz', '/metrics'])
      expect((await get(path, 'wrong')).status).toBe(200)
    expect(await get('/readyz', TOKEN).then((response) => response.text())).toContain('kafka: ok')
    expect(refusals.filter((reason) => reason === 'wrong')).toHaveLength(10)
    // One line for all of them, with the address and without what was sent.
    expect(lines.filter(({ level }) => level === 40)).toMatchObject([{ peer: '127.0.0.1' }])
    expect(JSON.stringify(lines)).not.toContain('wrong-wrong')
  })
})

describe('the limit of wrong tokens', () => {
  const limit = (maxPeers = 1000) => {
    let ms = 0
    const wrong = createWrongTokens({ max: 3, perMs: 60_000, maxPeers }, () => ms)
    return { wrong, pass: (more: number) => (ms += more) }
  }

  it('ends by itself, and is for one address', () => {
    const { wrong, pass } = limit()
    for (let n = 0; n < 3; n++) {
      expect(wrong.waitSeconds('10.0.0.1')).toBe(0)
      wrong.count('10.0.0.1')
    }
    expect(wrong.waitSeconds('10.0.0.1')).toBe(60)
    expect(wrong.waitSeconds('::ffff:10.0.0.1')).toBe(60)
    expect(wrong.waitSeconds('10.0.0.2')).toBe(0)
    pass(59_000)
    expect(wrong.waitSeconds('10.0.0.1')).toBe(1)
    pass(1000)
    expect(wrong.waitSeconds('10.0.0.1')).toBe(0)
  })

  it('takes a network of IPv6 for one machine', () => {
    const { wrong } = limit()
    for (const peer of ['2001:db8::1', '2001:db8:0:0:5::9', '2001:db8::ffff:1']) wrong.count(peer)
    expect(wrong.waitSeconds('2001:db8:0:0:1:2:3:4')).toBe(60)
    expect(wrong.waitSeconds('2001:db8:0:1::1')).toBe(0)
    expect(wrong.waitSeconds('fe80::1%eth0')).toBe(0)
    expect(wrong.waitSeconds('::1')).toBe(0)
  })

  it('remembers no more addresses than it may', () => {
    const { wrong } = limit(2)
    for (const peer of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) for (let n = 0; n < 3; n++) wrong.count(peer)
    expect(['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((peer) => wrong.waitSeconds(peer))).toEqual([0, 60, 60])
  })
})

describe('the token of a file', () => {
  const OTHER = 'another-horse-battery'
  const from = (path: string) => {
    const { log, lines } = createLogRecorder()
    const token = createToken({ token: TOKEN, tokenFile: path }, { log, freshMs: 0 })
    if (token === null) throw new Error('no token')
    return { matches: (text: string) => token.matches(text), lines }
  }

  it('is another one as soon as the file holds another', async () => {
    const path = temporaryFile('token', `${TOKEN}\n`)
    const { matches, lines } = from(path)
    expect([await matches(TOKEN), await matches(OTHER)]).toEqual([true, false])
    writeFileSync(path, `${OTHER}\r\n`)
    expect([await matches(TOKEN), await matches(OTHER)]).toEqual([false, true])
    expect(lines).toMatchObject([{ level: 30, file: path }])
    expect(JSON.stringify(lines)).not.toContain(OTHER)
  })

  it('is another one when a volume of Kubernetes is swapped', async () => {
    const volume = configMapVolume(TOKEN)
    const { matches } = from(volume.path)
    volume.swap(OTHER)
    expect([await matches(TOKEN), await matches(OTHER)]).toEqual([false, true])
  })

  it.each([
    ['empty', ''],
    ['too short for one', 'short'],
    ['too long', 'x'.repeat(5000)],
    ['no text', Buffer.from([0xff, 0xfe, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])],
    ['gone', null],
  ])('is nobody’s while the file is %s, which is told once', async (_, contents) => {
    const path = temporaryFile('token', TOKEN)
    const { matches, lines } = from(path)
    if (contents === null) rmSync(path)
    else writeFileSync(path, contents)
    for (const presented of [TOKEN, '', 'short']) expect(await matches(presented)).toBe('unknown')
    expect(lines).toMatchObject([{ level: 50, file: path }])
    writeFileSync(path, TOKEN)
    expect(await matches(TOKEN)).toBe(true)
    expect(lines).toHaveLength(2)
  })

  it('closes what needs it while there is none', async () => {
    const path = temporaryFile('token', TOKEN)
    const { base, refusals } = await serveHttp({ ...EVERYWHERE, token: TOKEN, tokenFile: path })
    const get = () => fetch(`${base}/status`, { headers: { authorization: `Bearer ${TOKEN}` } })
    expect((await get()).status).toBe(200)
    rmSync(path)
    await expect.poll(async () => (await get()).status, { timeout: 5000 }).toBe(403)
    expect(refusals.at(-1)).toBe('unknown')
  })
})

it('tells at the start that pages are closed, and how to open them', async () => {
  const { lines } = await serveHttp(EVERYWHERE)
  expect(lines).toMatchObject([
    { level: 30, host: '0.0.0.0', msg: expect.stringContaining('EXHOOK_HTTP_TOKEN') },
  ])
  for (const config of [{}, { ...EVERYWHERE, token: TOKEN }])
    expect((await serveHttp(config)).lines).toEqual([])
})

describe('whatever a browser or a program sends', () => {
  it('only loopback names with the port are this machine', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webAuthority({ withPort: true }), fc.domain()), (host) => {
        fc.pre(!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(host))
        expect(isLoopbackHost(host, 8080)).toBe(false)
      }),
    )
  })

  it('only the own origin is no other site', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (origin) => {
        expect(isCrossSite({ host: '127.0.0.1:8080', origin })).toBe(true)
      }),
    )
    expect(isCrossSite({ host: '127.0.0.1:8080' })).toBe(false)
  })

  it('only the token is the token', async () => {
    const { log } = createLogRecorder()
    const token = createToken({ token: TOKEN, tokenFile: null }, { log })
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.constantFrom(`${TOKEN} `, TOKEN.toUpperCase(), TOKEN.slice(1))),
        async (text) => {
          expect(await token?.matches(text)).toBe(text === TOKEN)
        },
      ),
    )
    expect(createToken({ token: null, tokenFile: null }, { log })).toBe(null)
  })
})
