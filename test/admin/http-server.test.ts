import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createHttpServer } from '../../src/admin/http-server.ts'
import { type Readiness, readinessOf } from '../../src/admin/readiness.ts'
import { createRoutes } from '../../src/admin/routes.ts'
import { httpDeps, LOOPBACK, READY, serveHttp as serve } from './serving.ts'

const NOT_READY: Readiness = readinessOf([
  { name: 'kafka', ok: false, detail: 'not connected since 12 s: connect ECONNREFUSED\n  at 10.0.0.1:9092' },
  { name: 'queue', ok: true, detail: '3 of 100000 records' },
])

describe('the pages', () => {
  it('tells that the process is alive', async () => {
    const { base } = await serve({}, { readiness: () => NOT_READY })
    const response = await fetch(`${base}/healthz`)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('ok\n')
  })

  it('is ready when every part is, with a line for each', async () => {
    const { base } = await serve()
    const response = await fetch(`${base}/readyz`)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('ready\nkafka: connected\nqueue: 0 of 100000 records\n')
  })

  it('gives 503 and one line for each reason', async () => {
    const { base } = await serve({}, { readiness: () => NOT_READY })
    const response = await fetch(`${base}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.text()).toBe(
      'not ready\nkafka: not connected since 12 s: connect ECONNREFUSED   at 10.0.0.1:9092\nqueue: 3 of 100000 records\n',
    )
  })

  it('gives the reasons as JSON to who asks for it', async () => {
    const { base } = await serve({}, { readiness: () => NOT_READY })
    const response = await fetch(`${base}/readyz`, { headers: { accept: 'application/json' } })
    expect(response.status).toBe(503)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.json()).toEqual(NOT_READY)
  })

  it('asks for readiness anew each time', async () => {
    let readiness = NOT_READY
    const { base } = await serve({}, { readiness: () => readiness })
    expect((await fetch(`${base}/readyz`)).status).toBe(503)
    readiness = READY
    expect((await fetch(`${base}/readyz`)).status).toBe(200)
  })

  it('gives the metrics with the content type they come with', async () => {
    const { base } = await serve()
    const response = await fetch(`${base}/metrics?name[]=exhook_up`)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe('exhook_up 1\n')
  })

  it('lists its pages, all of which exist', async () => {
    const { base } = await serve()
    const index = await (await fetch(`${base}/`)).text()
    const pages = [...index.matchAll(/^(GET|POST) +(\S+)/gm)].map(([, method = '', path = '']) => ({
      method,
      path,
    }))
    const paths = [...createRoutes(httpDeps()).keys()]
    expect(pages.map(({ path }) => path)).toEqual(paths.filter((path) => path !== '/'))
    for (const { method, path } of pages) {
      const headers = method === 'POST' ? { 'content-type': 'application/json' } : {}
      expect((await fetch(base + path, { method, headers })).status).toBe(200)
    }
  })

  it.each(['/', '/healthz', '/readyz', '/metrics', '/nothing'])('keeps %s out of caches', async (path) => {
    const { base } = await serve()
    const { headers } = await fetch(base + path)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  it('answers HEAD with the head alone', async () => {
    const { base } = await serve()
    const response = await fetch(`${base}/healthz`, { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe('3')
    expect(await response.text()).toBe('')
  })

  it.each(['/healthz/', '/Healthz', '//healthz', '/../healthz%2f', '/__proto__', '/constructor'])(
    'knows no %s',
    async (path) => {
      const { port } = await serve()
      expect(await statusOf(port, 'GET', path)).toBe(404)
    },
  )

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s', async (method) => {
    const { base } = await serve()
    const response = await fetch(`${base}/healthz`, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD')
  })

  it('says that a page failed, and lives on', async () => {
    const { base, lines } = await serve({}, { metrics: () => Promise.reject(new Error('no metrics today')) })
    const response = await fetch(`${base}/metrics`)
    expect(response.status).toBe(500)
    expect(await response.text()).toBe('this page failed; the log says where\n')
    expect(lines).toMatchObject([{ level: 50, error: 'Error', msg: expect.stringContaining('failed') }])
    expect(JSON.stringify(lines)).not.toContain('no metrics today')
    expect((await fetch(`${base}/healthz`)).status).toBe(200)
  })

  it('refuses a header that is no probe’s', async () => {
    const { port } = await serve()
    expect(await statusOf(port, 'GET', '/healthz', { long: 'x'.repeat(20_000) })).toBe(431)
  })
})

describe('starting and stopping', () => {
  it('says in one sentence that the port is in use', async () => {
    const { port } = await serve()
    const second = createHttpServer({ ...LOOPBACK, port }, httpDeps())
    await expect(second.start()).rejects.toThrow(
      `cannot serve HTTP on 127.0.0.1, port ${port}: another program listens there; see http.host and http.port`,
    )
    await second.stop()
  })

  it('says that the address is not of this machine', async () => {
    const server = createHttpServer({ ...LOOPBACK, host: '203.0.113.1' }, httpDeps())
    await expect(server.start()).rejects.toThrow('this machine has no such address')
  })

  it('can be stopped twice, and without having been started', async () => {
    const { server, port } = await serve()
    await Promise.all([server.stop(), server.stop()])
    await server.stop()
    await expect(statusOf(port, 'GET', '/healthz')).rejects.toThrow()
    const never = createHttpServer(LOOPBACK, httpDeps())
    await never.stop()
    await never.stop()
    await expect(never.start()).rejects.toThrow('only once')
  })

  it('stops also while it is starting', async () => {
    const server = createHttpServer(LOOPBACK, httpDeps())
    const starting = server.start()
    await server.stop()
    const { port } = await starting
    await expect(statusOf(port, 'GET', '/healthz')).rejects.toThrow()
  })

  it('closes connections that say nothing', async () => {
    const { server, port } = await serve()
    const idle = connect(port, '127.0.0.1')
    await once(idle, 'connect')
    await fetch(`http://127.0.0.1:${port}/healthz`)
    const closed = once(idle, 'close')
    await server.stop()
    await closed
  })

  it('lets a running answer end', async () => {
    let release: (body: string) => void = () => undefined
    const body = new Promise<string>((resolve) => {
      release = resolve
    })
    const { server, base } = await serve(
      {},
      {
        metrics: async () => ({ contentType: 'text/plain', body: await body }),
      },
    )
    const answer = fetch(`${base}/metrics`)
    await fetch(`${base}/healthz`)
    const stopped = server.stop()
    release('late\n')
    expect(await (await answer).text()).toBe('late\n')
    const before = performance.now()
    await stopped
    expect(performance.now() - before).toBeLessThan(500)
  })

  it('does not wait for an answer that never comes', async () => {
    const { server, base } = await serve({}, { metrics: () => new Promise(() => undefined) })
    const answer = fetch(`${base}/metrics`).catch(() => 'cut')
    await fetch(`${base}/healthz`)
    const before = performance.now()
    await server.stop()
    expect(performance.now() - before).toBeLessThan(5000)
    expect(await answer).toBe('cut')
  })
})

/** The status of a request as it stands, without the tidying that fetch does to paths and headers. */
function statusOf(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    call.on('error', reject)
    call.end()
  })
}
