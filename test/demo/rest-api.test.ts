import { connectAsync } from 'mqtt'
import { describe, expect, it } from 'vitest'
import { KEY, SECRET, useRestScenes } from '../emqx/scene.ts'
import { freePort } from '../support/free-port.ts'

const scenes = useRestScenes()
const PUBLISH = { name: 'message.publish', topics: ['a/+'] }
const AUTHORIZATION = `Basic ${Buffer.from(`${KEY}:${SECRET}`).toString('base64')}`

function requester(base: string) {
  return async (method: string, path: string, body?: object, authorization = AUTHORIZATION) => {
    const response = await fetch(`${base}/api/v5${path}`, {
      method,
      headers: { authorization, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
}

describe('the REST API of the stand-in', () => {
  it('is not there unless asked for', async () => {
    const provider = await scenes.provider({ hooks: [PUBLISH] })
    const { emqx } = await scenes.emqx({ provider: provider.url, restApi: { key: KEY, secret: SECRET } })
    expect(emqx.restUrl).toMatch(/^http:/)
    expect(emqx.hooks).toEqual([PUBLISH])
  })

  it('wants its key', async () => {
    const ask = requester((await scenes.emqx()).emqx.restUrl)
    for (const wrong of ['', 'Basic x', `Basic ${Buffer.from(`${KEY}:other`).toString('base64')}`]) {
      expect(await ask('GET', '/exhooks', undefined, wrong)).toMatchObject({
        status: 401,
        body: { code: 'BAD_API_KEY_OR_SECRET' },
      })
    }
    expect(await ask('GET', '/exhooks')).toEqual({ status: 200, body: [] })
  })

  it('loads a provider that is posted, with defaults, and calls its hooks', async () => {
    const provider = await scenes.provider({ hooks: [PUBLISH, { name: 'client.connected', topics: ['x'] }] })
    const { emqx } = await scenes.emqx()
    const ask = requester(emqx.restUrl)
    const posted = await ask('POST', '/exhooks', { name: 'p', url: provider.url })
    expect(posted).toMatchObject({
      status: 200,
      body: {
        name: 'p',
        enable: true,
        request_timeout: '5s',
        failed_action: 'deny',
        auto_reconnect: '60s',
        pool_size: 8,
        node_status: [{ node: 'emqx@127.0.0.1', status: 'connected' }],
        hooks: [
          { name: 'message.publish', params: { topics: ['a/+'] } },
          { name: 'client.connected', params: {} },
        ],
      },
    })
    const client = await connectAsync(emqx.url, { clientId: 'c' })
    await client.publishAsync('a/b', 'x', { qos: 1 })
    await client.publishAsync('b/b', 'x', { qos: 1 })
    await client.endAsync()
    expect(provider.of('OnMessagePublish')).toHaveLength(1)
    const { body } = await ask('GET', '/exhooks/p/hooks')
    expect(body[0]).toMatchObject({ name: 'message.publish', metrics: { succeed: 1, failed: 0 } })
  })

  it('loads anew at each PUT, also of the same body', async () => {
    let topics = ['a']
    const provider = await scenes.provider({
      hooks: [],
      reply: ({ rpc }) =>
        rpc === 'OnProviderLoaded' ? { hooks: [{ name: 'message.publish', topics }] } : undefined,
    })
    const ask = requester((await scenes.emqx()).emqx.restUrl)
    const body = { name: 'p', url: provider.url, failed_action: 'ignore' }
    await ask('POST', '/exhooks', body)
    topics = ['b']
    expect((await ask('GET', '/exhooks/p/hooks')).body[0].params).toEqual({ topics: ['a'] })
    expect((await ask('PUT', '/exhooks/p', body)).body.hooks[0].params).toEqual({ topics: ['b'] })
    expect(provider.calls.map(({ rpc }) => rpc)).toEqual([
      'OnProviderLoaded',
      'OnProviderUnloaded',
      'OnProviderLoaded',
    ])
    expect((await ask('PUT', '/exhooks/p', { ...body, enable: false })).body.node_status[0].status).toBe(
      'disabled',
    )
    expect((await ask('DELETE', '/exhooks/p')).status).toBe(204)
    expect((await ask('GET', '/exhooks')).body).toEqual([])
  })

  it('tries again what it could not load', async () => {
    const port = await freePort()
    const { emqx } = await scenes.emqx()
    const ask = requester(emqx.restUrl)
    const body = {
      name: 'p',
      url: `http://127.0.0.1:${port}`,
      request_timeout: '200ms',
      auto_reconnect: '100ms',
    }
    expect((await ask('POST', '/exhooks', body)).body.node_status[0].status).toBe('connecting')
    await scenes.provider({ port, hooks: [PUBLISH] })
    await expect
      .poll(async () => (await ask('GET', '/exhooks/p')).body.node_status[0].status, { timeout: 15_000 })
      .toBe('connected')
    const odd = { ...body, name: 'q', url: 'ftp://127.0.0.1:1' }
    expect((await ask('POST', '/exhooks', odd)).body.node_status[0].status).toBe('disconnected')
  })

  it('does not load a provider that names an unknown hook', async () => {
    const provider = await scenes.provider({ hooks: [{ name: 'message.published' }] })
    const ask = requester((await scenes.emqx()).emqx.restUrl)
    const posted = await ask('POST', '/exhooks', { name: 'p', url: provider.url })
    expect(posted.body).toMatchObject({ hooks: [], node_status: [{ status: 'connecting' }] })
  })

  it.each([
    [{ url: 'http://h:1' }, 'name'],
    [{ name: 'a b', url: 'http://h:1' }, 'name'],
    [{ name: '-a', url: 'http://h:1' }, 'name'],
    [{ name: 'p' }, 'url'],
    [{ name: 'p', url: 'http://h:1', metrics: {} }, 'unknown_fields: metrics'],
    [{ name: 'p', url: 'http://h:1', request_timeout: 'soon' }, 'request_timeout'],
    [{ name: 'p', url: 'http://h:1', pool_size: 0 }, 'pool_size'],
    [{ name: 'p', url: 'http://h:1', failed_action: 'maybe' }, 'failed_action'],
  ])('refuses %j', async (body, why) => {
    const ask = requester((await scenes.emqx()).emqx.restUrl)
    const { status, body: answer } = await ask('POST', '/exhooks', body)
    expect(status).toBe(400)
    expect(answer.message).toContain(why)
  })

  it('keeps the order, and moves in it', async () => {
    const ask = requester((await scenes.emqx()).emqx.restUrl)
    const names = async () => (await ask('GET', '/exhooks')).body.map(({ name }: { name: string }) => name)
    for (const name of ['a', 'b', 'c']) {
      await ask('POST', '/exhooks', { name, url: 'http://127.0.0.1:1', enable: false })
    }
    expect((await ask('POST', '/exhooks', { name: 'a', url: 'http://h:1' })).status).toBe(400)
    const move = async (name: string, position: string) =>
      (await ask('POST', `/exhooks/${name}/move`, { position })).status
    expect(await move('c', 'front')).toBe(204)
    expect(await names()).toEqual(['c', 'a', 'b'])
    expect(await move('c', 'after:a')).toBe(204)
    expect(await names()).toEqual(['a', 'c', 'b'])
    expect(await move('b', 'before:a')).toBe(204)
    expect(await move('b', 'rear')).toBe(204)
    expect(await names()).toEqual(['a', 'c', 'b'])
    expect(await move('b', 'before:')).toBe(400)
    expect(await move('b', 'top')).toBe(400)
    expect(await move('x', 'front')).toBe(404)
    expect((await ask('GET', '/exhooks/x/hooks')).status).toBe(400)
    expect((await ask('PUT', '/exhooks/x', { name: 'x', url: 'http://h:1' })).status).toBe(404)
    expect((await ask('GET', '/exhuks')).status).toBe(404)
  })
})
