import { expect, it } from 'vitest'
import { createReloader } from '../../src/emqx/reload.ts'
import { useRestScenes } from './scene.ts'

const scenes = useRestScenes()
const WAIT = { waitMs: 3_000, pollMs: 20 }

async function loaded() {
  const asked = { topics: ['a'] }
  const provider = await scenes.provider({
    hooks: [],
    reply: ({ rpc }) =>
      rpc === 'OnProviderLoaded' ? { hooks: [{ name: 'message.publish', topics: asked.topics }] } : undefined,
  })
  const { api, emqx } = await scenes.emqx()
  await api.create({
    name: 'p',
    url: provider.url,
    request_timeout: '300ms',
    auto_reconnect: '200ms',
    ssl: { enable: false, cacertfile: '/etc/ca.pem' },
    socket_options: { keepalive: false, nodelay: true },
  })
  return { asked, provider, api, emqx, reloader: createReloader(api, WAIT) }
}

it('has EMQX ask again, and leaves what it has there as it is', async () => {
  const { asked, provider, api, reloader, emqx } = await loaded()
  const before = (await api.get('p')).body
  asked.topics = ['b']
  expect(await reloader.reload('p', new Map([['message.publish', ['b']]]))).toMatchObject({
    outcome: 'loaded',
    hooks: [{ name: 'message.publish', topics: ['b'] }],
    comparison: { state: 'same' },
  })
  expect(emqx.hooks).toEqual([{ name: 'message.publish', topics: ['b'] }])
  expect((await api.get('p')).body).toEqual(before)
  expect(provider.of('OnProviderUnloaded')).toHaveLength(1)
})

it('says when the hooks are still not those needed', async () => {
  const { reloader } = await loaded()
  expect(await reloader.reload('p', new Map([['message.publish', ['b']]]))).toMatchObject({
    outcome: 'loaded',
    comparison: { state: 'differs', differences: [{ missing: ['b'], extra: ['a'] }] },
  })
})

it('runs one at a time, also after one that failed', async () => {
  const { provider, api } = await loaded()
  const steps: string[] = []
  const watched = {
    ...api,
    async list() {
      steps.push('begin')
      if (steps.length === 1) throw new Error('the first one fails')
      return api.list()
    },
    async hooks(name: string) {
      const hooks = await api.hooks(name)
      steps.push('end')
      return hooks
    },
  }
  const reloader = createReloader(watched, WAIT)
  const reloads = [1, 2, 3, 4].map(() => reloader.reload('p', new Map([['message.publish', ['a']]])))
  const ends = await Promise.allSettled(reloads)
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled'])
  expect(steps).toEqual(['begin', 'begin', 'end', 'begin', 'end', 'begin', 'end'])
  expect(provider.of('OnProviderLoaded')).toHaveLength(4)
})

it('does nothing for a provider that is disabled, or not there', async () => {
  const { api, reloader, provider } = await loaded()
  expect(await reloader.reload('q', new Map())).toEqual({ outcome: 'not-registered' })
  await api.update('p', { ...(await api.get('p')).body, enable: false })
  const calls = provider.calls.length
  expect(await reloader.reload('p', new Map())).toEqual({ outcome: 'disabled' })
  expect(provider.calls).toHaveLength(calls)
})

it('says when EMQX does not get it loaded', async () => {
  const { api, provider } = await loaded()
  provider.kill()
  const reloader = createReloader(api, { waitMs: 200, pollMs: 50 })
  expect(await reloader.reload('p', new Map())).toEqual({
    outcome: 'not-connected',
    nodes: [{ node: 'emqx@127.0.0.1', status: 'connecting' }],
  })
})
