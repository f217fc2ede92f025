import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { SAFE_HEADERS } from '../../src/admin/answer.ts'
import { holdOpen, sendRaw } from './raw-http.ts'
import { EVERYWHERE, serveHttp, TOKEN } from './serving.ts'

const AUTH = `authorization: Bearer ${TOKEN}\r\n`
const guarded = { ...EVERYWHERE, token: TOKEN }

/** Every answer has them, also one to what is no request. */
function expectSafe(head: string): void {
  for (const [name, value] of Object.entries(SAFE_HEADERS))
    expect(head).toContain(`${name}: ${value.toLowerCase()}`)
}

describe('what is no request', () => {
  it.each<[string, string | Buffer, number]>([
    ['HTTP/0.9', 'GET /metrics\r\n\r\n', 505],
    ['a version that there is not', 'GET / HTTP/3.7\r\nhost: a\r\n\r\n', 400],
    ['the beginning of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS', Buffer.from('16030100c8010000c40303', 'hex'), 400],
    ['bytes', Buffer.from(Array.from({ length: 200 }, (_, i) => i)), 400],
    ['a NUL in the path', 'GET /\0healthz HTTP/1.1\r\nhost: a\r\n\r\n', 400],
    ['a NUL in a header', 'GET /healthz HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n', 400],
    ['a bare CR in a header', 'GET /healthz HTTP/1.1\r\nhost: a\r\nx: a\rb: c\r\n\r\n', 400],
    ['a header over two lines', 'GET /healthz HTTP/1.1\r\nhost: a\r\nx: a\r\n b\r\n\r\n', 400],
    ['a blank before the colon', 'GET /healthz HTTP/1.1\r\nhost: a\r\ncontent-length : 5\r\n\r\nabcde', 400],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['two hosts', 'GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n', 400],
    ['a method that there is not', 'GOT /healthz HTTP/1.1\r\nhost: a\r\n\r\n', 400],
    ['a header of 9 KiB', `GET /healthz HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(9000)}\r\n\r\n`, 431],
    ['a path of 9 KiB', `GET /${'x'.repeat(9000)} HTTP/1.1\r\nhost: a\r\n\r\n`, 431],
    ['3,000 headers', `GET /healthz HTTP/1.1\r\nhost: a\r\n${'a: b\r\n'.repeat(3000)}\r\n`, 431],
    [
      'an expectation that there is not',
      'POST /rules/reload HTTP/1.1\r\nhost: a\r\nexpect: 200-ok\r\n\r\n',
      417,
    ],
    ['a tunnel', 'CONNECT 10.0.0.1:22 HTTP/1.1\r\nhost: a\r\n\r\n', 405],
  ])('is answered as such and closed: %s', async (_, bytes, status) => {
    const { port, lines } = await serveHttp(guarded)
    const answer = await sendRaw(port, bytes)
    expect(answer.status).toBe(status)
    expect(answer.answers).toBe(1)
    expectSafe(answer.head)
    expect(answer.ms).toBeLessThan(4000)
    expect(lines).toEqual([])
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
  })
})

describe('two requests in one', () => {
  const behind = `POST /rules/reload HTTP/1.1\r\nhost: a\r\n${AUTH}content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`

  it.each([
    [
      'two lengths',
      `POST /rules/reload HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\ncontent-length: 44\r\n\r\n${behind}`,
    ],
    [
      'a length and chunks',
      `POST /rules/reload HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n${behind}`,
    ],
    [
      'chunks in disguise',
      `POST /rules/reload HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n${behind}`,
    ],
    [
      'chunks twice',
      `POST /rules/reload HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n${behind}`,
    ],
    ['a length with a sign', `POST /rules/reload HTTP/1.1\r\nhost: a\r\ncontent-length: +0\r\n\r\n${behind}`],
    [
      'a chunk with a length that is none',
      `POST /rules/reload HTTP/1.1\r\nhost: a\r\n${AUTH}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n${behind}`,
    ],
    ['lines that end in LF alone', `GET /healthz HTTP/1.1\nhost: a\n\n${behind}`],
    [
      'a length of a GET',
      `GET /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: ${behind.length}\r\n\r\n${behind}`,
    ],
  ])('are never two: %s', async (_, bytes) => {
    let reloads = 0
    const { port } = await serveHttp(guarded, { reload: async () => ({ result: 'ok', n: reloads++ }) })
    const { answers } = await sendRaw(port, bytes)
    expect(answers).toBe(1)
    await sleep(50)
    expect(reloads).toBe(0)
  })

  it('one behind the other: only the first is looked at', async () => {
    let reloads = 0
    let statuses = 0
    const { port } = await serveHttp(guarded, {
      status: () => ({ n: statuses++ }),
      reload: async () => ({ result: 'ok', n: reloads++ }),
    })
    const get = `GET /status HTTP/1.1\r\nhost: a\r\n${AUTH}\r\n`
    const answer = await sendRaw(port, `${get}${get.repeat(100)}${behind}`)
    expect([answer.status, answer.answers]).toEqual([200, 1])
    await sleep(50)
    expect([statuses, reloads]).toEqual([1, 0])
  })
})

describe('odd paths', () => {
  it.each([
    ...[
      'http://127.0.0.1/status',
      'http://evil.example/healthz',
      '//status',
      '/./status',
      '/x/../status',
      '/status/',
    ],
    ...[
      '/%73tatus',
      '/status%00',
      '/status%2f',
      '/status;x',
      '/STATUS',
      '/healthz/../status',
      '\\status',
      '*',
      '/__proto__',
      '/constructor',
    ],
    ...['/healthz%3f/status', '/rules//reload', '/rules/reload/', '/<script>alert(1)</script>', '/status#x'],
  ])('%s is no page, and is not said again', async (path) => {
    let made = 0
    const { port } = await serveHttp({}, { status: () => ({ n: made++ }) })
    const answer = await sendRaw(port, `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`)
    expect([400, 404]).toContain(answer.status)
    expect(answer.body).not.toContain(path.replace(/^\/$/, '').slice(1) || path)
    expect(made).toBe(0)
    expectSafe(answer.head)
  })

  it('a method in a header or in the query is none', async () => {
    let reloads = 0
    const { port } = await serveHttp(guarded, { reload: async () => ({ result: 'ok', n: reloads++ }) })
    for (const header of ['x-http-method-override', 'x-method-override', 'x-http-method']) {
      const answer = await sendRaw(
        port,
        `GET /rules/reload?_method=POST HTTP/1.1\r\nhost: a\r\n${AUTH}${header}: POST\r\ncontent-type: application/json\r\n\r\n`,
      )
      expect(answer.status).toBe(405)
    }
    expect(reloads).toBe(0)
  })

  it('a token in the query is none', async () => {
    const { base } = await serveHttp(guarded)
    for (const name of ['token', 'access_token', 'authorization'])
      expect((await fetch(`${base}/status?${name}=${TOKEN}`)).status).toBe(401)
  })
})

describe('bodies', () => {
  const head = (more: string) =>
    `POST /rules/reload HTTP/1.1\r\nhost: a\r\n${AUTH}content-type: application/json\r\n${more}\r\n`

  it('a huge one is not asked for', async () => {
    const { port } = await serveHttp(guarded)
    const announced = await sendRaw(port, head('expect: 100-continue\r\ncontent-length: 10000000000\r\n'))
    expect(announced.status).toBe(413)
    expect(announced.text).not.toContain('100 Continue')
    // Nor one of whom may not act.
    const stranger = await sendRaw(
      port,
      'POST /rules/reload HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n',
    )
    expect([stranger.status, stranger.text.includes('100 Continue')]).toEqual([401, false])
    const small = await sendRaw(port, [head('expect: 100-continue\r\ncontent-length: 2\r\n'), '{}'], {
      pauseMs: 50,
    })
    expect([small.status, small.text.includes('100 Continue')]).toEqual([200, true])
  })

  it('a huge one in chunks is read no further than 64 KiB', async () => {
    const { port } = await serveHttp(guarded)
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`
    const answer = await sendRaw(
      port,
      [head('transfer-encoding: chunked\r\n'), ...Array.from({ length: 6 }, () => chunk)],
      { pauseMs: 20 },
    )
    expect(answer.status).toBe(413)
    expect(answer.ms).toBeLessThan(3000)
  })

  it('one that its sender does not end is cut off', async () => {
    const { port, lines } = await serveHttp(guarded)
    const socket = (await holdOpen(port, 1, `${head('content-length: 20\r\n')}{`))[0]
    socket?.destroy()
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
    expect(lines).toEqual([])
  })
})

describe('whoever is slow', () => {
  it('is cut after some seconds: silence, half of a head, a byte at a time, half of a body', async () => {
    const { port } = await serveHttp(guarded)
    const post = `POST /rules/reload HTTP/1.1\r\nhost: a\r\n${AUTH}content-type: application/json\r\n`
    const slowly = [...'GET /healthz HTTP/1.1\r\nhost: a\r\nx: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx']
    const [silent, half, dripping, body] = await Promise.all([
      sendRaw(port, []),
      sendRaw(port, 'GET /healthz HTTP/1.1\r\nhost:'),
      sendRaw(port, slowly, { pauseMs: 200 }),
      sendRaw(port, `${post}content-length: 2\r\n\r\n{`),
    ])
    for (const { ms } of [silent, half, dripping, body]) expect(ms).toBeLessThan(8000)
    expect([half.status, dripping.status, body.status]).toEqual([408, 408, 408])
  })
})

describe('a flood', () => {
  const healthz = async (port: number) => {
    const start = performance.now()
    const { status } = await fetch(`http://127.0.0.1:${port}/healthz`)
    return { status, ms: performance.now() - start }
  }

  it('of connections that say nothing keeps no probe out', async () => {
    const { port } = await serveHttp(guarded)
    const sockets = await holdOpen(port, 300)
    const probes = await Promise.all(Array.from({ length: 5 }, () => healthz(port)))
    for (const { status, ms } of probes) {
      expect(status).toBe(200)
      expect(ms).toBeLessThan(1000)
    }
    // No more than 128 of them are left.
    await expect.poll(() => sockets.filter(({ destroyed }) => !destroyed).length).toBeLessThanOrEqual(128)
    for (const socket of sockets) socket.destroy()
  })

  it('that goes on, and comes again as soon as it is cut, keeps no probe out', async () => {
    const { port } = await serveHttp(guarded)
    let flooding = true
    let connections = 0
    const flood = Array.from({ length: 200 }, async () => {
      while (flooding) {
        connections++
        await Promise.race([sendRaw(port, 'GET /readyz HTTP/1.1\r\nhost: a\r\nx:'), sleep(300)])
      }
    })
    for (let n = 0; n < 10; n++) {
      const { status, ms } = await healthz(port)
      expect(status).toBe(200)
      expect(ms).toBeLessThan(1500)
      await sleep(50)
    }
    flooding = false
    await Promise.all(flood)
    expect(connections).toBeGreaterThan(300)
  })

  it('of scrapes shares them', async () => {
    let scrapes = 0
    const { base, port } = await serveHttp(guarded, {
      async metrics() {
        scrapes++
        await sleep(20)
        return { contentType: 'text/plain; version=0.0.4', body: `n ${scrapes}\n` }
      },
    })
    const bodies = await Promise.all(
      Array.from({ length: 100 }, async () => (await fetch(`${base}/metrics`)).text()),
    )
    expect(new Set(bodies).size).toBe(scrapes)
    expect(scrapes).toBeLessThan(20)
    expect((await healthz(port)).status).toBe(200)
  })
})
