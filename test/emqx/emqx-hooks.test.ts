import { describe, expect, it } from 'vitest'
import type { EmqxConfig } from '../../src/config/config.ts'
import { createEmqxHooks, type EmqxHooks } from '../../src/emqx/emqx-hooks.ts'
import { hooksPart } from '../../src/emqx/hooks-part.ts'
import type { HookSpec } from '../../src/exhook/provider-loaded.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import type { TinyProviderConfig } from '../demo/tiny-provider.ts'
import { createLogRecorder } from '../support/quiet-log.ts'
import { startApiServer } from './api-server.ts'
import { KEY, SECRET, useRestScenes } from './scene.ts'

const scenes = useRestScenes()

const interestsFor = (filter: string) =>
  parseRules(`rules:\n  - {hook: message.publish, filter: ${filter}, topic: t}\n`, 'r').interests

const NO_API: EmqxConfig = {
  ...{ maxPacketBytes: 1, apiUrl: null, apiKey: null, apiSecret: null },
  ...{ apiKeyFile: null, apiSecretFile: null, providerName: 'p' },
}

interface Timing {
  readonly jitterMs?: number
  readonly secret?: string
}

/** One process of a deployment, with the rules of `filter`; looks again 20 ms after what was not well. */
function processOf(url: string, filter: string, { jitterMs = 0, secret = SECRET }: Timing = {}) {
  let interests = interestsFor(filter)
  let notWell = 0
  const pauseMs = () => {
    notWell++
    return 20
  }
  const { log, lines } = createLogRecorder()
  const hooks: EmqxHooks = createEmqxHooks(
    {
      ...{ filters: 'exact', startMs: 0, pauseMs, jitterMs: () => jitterMs },
      emqx: { ...NO_API, apiUrl: url, apiKey: KEY, apiSecret: secret },
    },
    { interests: () => interests, log },
  )
  scenes.atEnd(() => hooks.stop())
  return {
    hooks,
    lines,
    rules(next: string) {
      interests = interestsFor(next)
      hooks.rulesChanged()
    },
    states: () => hooks.state.nodes.map(({ state, losesEvents }) => `${state}${losesEvents ? ' -' : ''}`),
    /** After three more looks that found something to be not well. */
    async looked() {
      const before = notWell
      await until(() => notWell - before >= 3).toBe(true)
    },
    said: (part: string) => lines.filter(({ msg }) => msg.includes(part)).length,
  }
}

/** An EMQX that has loaded a provider, which answers with `asked.filter` as it is at the moment. */
async function emqxWith(filter: string, config: Partial<TinyProviderConfig> = {}) {
  const asked = { filter }
  const provider = await scenes.provider({
    hooks: [],
    reply: ({ rpc }) => {
      const hooks: readonly HookSpec[] = [{ name: 'message.publish', topics: [asked.filter] }]
      return rpc === 'OnProviderLoaded' ? { hooks } : undefined
    },
    ...config,
  })
  const { api, emqx } = await scenes.emqx()
  await api.create({ name: 'p', url: provider.url, request_timeout: '300ms', auto_reconnect: '200ms' })
  return { asked, provider, api, url: emqx.restUrl, loads: () => provider.of('OnProviderLoaded').length }
}

const until = <T>(read: () => T) => expect.poll(read, { timeout: 10_000, interval: 5 })

describe('with an API key', () => {
  it('EMQX is only asked where it calls what the rules need', async () => {
    const { url, loads } = await emqxWith('a')
    const on = processOf(url, 'a')
    on.hooks.look()
    await until(on.states).toEqual(['same'])
    expect(loads()).toBe(1)
    expect(on.lines).toEqual([])
  })

  it('it is had to load the server again where events are lost: at the start, and when the rules change', async () => {
    const { asked, url, loads } = await emqxWith('old')
    asked.filter = 'a'
    const on = processOf(url, 'a')
    on.hooks.look()
    await until(() => on.said('EMQX has loaded this server again')).toBe(1)
    expect(on.states()).toEqual(['same'])
    expect(loads()).toBe(2)
    asked.filter = 'b'
    on.rules('b')
    await until(() => on.said('EMQX has loaded this server again')).toBe(2)
    expect(on.states()).toEqual(['same'])
    expect(loads()).toBe(3)
  })

  it('it is not for less traffic alone, which is said', async () => {
    const { url, loads } = await emqxWith('a/#')
    const on = processOf(url, 'a/+')
    on.hooks.look()
    await until(() => on.said('no event is lost')).toBe(1)
    expect(on.states()).toEqual(['differs'])
    expect(loads()).toBe(1)
  })

  it('one process of several does it, and the others find it done', async () => {
    const { asked, url, loads } = await emqxWith('a')
    const processes = [0, 2000, 2000].map((jitterMs) => processOf(url, 'a', { jitterMs }))
    asked.filter = 'b'
    for (const one of processes) one.rules('b')
    for (const one of processes) await until(one.states).toEqual(['same'])
    expect(loads()).toBe(2)
    expect(processes.map((one) => one.said('having EMQX load'))).toEqual([1, 0, 0])
  })

  it('it is done once, also where EMQX goes on calling other hooks, until it is mended otherwise', async () => {
    const { asked, api, url, loads } = await emqxWith('a')
    const on = processOf(url, 'b')
    on.hooks.look()
    await until(() => on.said('still calls other hooks')).toBe(1)
    await on.looked()
    expect([loads(), on.states()]).toEqual([2, ['differs -']])
    on.hooks.look()
    await until(loads).toBe(3)
    await on.looked()
    expect(loads()).toBe(3)
    asked.filter = 'b'
    await api.update('p', (await api.get('p')).body)
    await until(on.states).toEqual(['same'])
    expect(loads()).toBe(4)
    expect(on.said('having EMQX load')).toBe(2)
  })

  it('processes with different rules, as in a rolling update, do not fight', async () => {
    const { asked, url, loads } = await emqxWith('old')
    asked.filter = 'old'
    const old = processOf(url, 'old')
    old.hooks.look()
    await until(old.states).toEqual(['same'])
    const fresh = [processOf(url, 'new'), processOf(url, 'new')]
    fresh[0]?.rules('new')
    await until(() => fresh[0]?.said('still calls other hooks')).toBe(1)
    // The last of them has the new rules, so whichever EMQX asks now answers with them.
    asked.filter = 'new'
    fresh[1]?.rules('new')
    for (const one of fresh) await until(one.states).toEqual(['same'])
    expect(loads()).toBe(3)
    expect(old.said('having EMQX load')).toBe(0)
  })

  it.each([
    ['a wrong secret', { secret: 'wrong' }, 'EMQX cannot be asked'],
    ['an EMQX that has no such server', {}, 'EMQX has no server p'],
  ])('%s is said once, and nothing is done', async (_, timing, message) => {
    const { emqx } = await scenes.emqx()
    const on = processOf(emqx.restUrl, 'a', timing)
    on.hooks.look()
    await until(() => on.hooks.state.trouble?.what).toContain(message)
    await on.looked()
    expect(on.said(message)).toBe(1)
    expect(on.lines).toHaveLength(1)
  })

  it('a wrong key is what is told of a difference, not that EMQX is had to load again', async () => {
    const { emqx } = await scenes.emqx()
    const on = processOf(emqx.restUrl, 'a', { secret: 'wrong' })
    const load = (...topics: readonly string[]) =>
      on.hooks.loaded({
        ...{ node: 'n', version: '5.8.9', contract: 'v2', hooks: [{ name: 'message.publish', topics }] },
      })
    load('a')
    on.hooks.look()
    await until(() => on.hooks.state.trouble?.what).toContain('401')
    expect(hooksPart(on.hooks.state)).toMatchObject({ ok: true, detail: expect.stringContaining('401') })
    on.rules('b')
    const fixes = [on.lines.at(-1)?.fix, on.hooks.state.fix, hooksPart(on.hooks.state).detail]
    for (const fix of fixes) {
      expect(fix).toContain('401')
      expect(fix).toContain('look at emqx.api_key and emqx.api_secret')
      expect(fix).toContain('or disable and enable this server in EMQX')
      expect(fix).not.toContain('is had to load')
    }
    expect(hooksPart(on.hooks.state).ok).toBe(false)
  })

  it('a key that may look and not change is told once, and tried again until it may', async () => {
    const rights = { write: false }
    const provider = () => ({
      ...{ name: 'p', enable: true, node_status: [{ node: 'n', status: 'connected' }] },
    })
    const known = { filter: 'old' }
    let puts = 0
    const server = await startApiServer((request, response) => {
      if (request.method === 'PUT') {
        puts++
        if (!rights.write) return response.writeHead(403).end('{"code":"UNAUTHORIZED_ROLE"}')
        known.filter = 'a'
      }
      const path = request.url ?? ''
      const hooks = [{ name: 'message.publish', params: { topics: [known.filter] } }]
      if (path.endsWith('/nodes')) return response.end('[{"node":"n","version":"5.8.9"}]')
      response.end(
        JSON.stringify(
          path.endsWith('/hooks') ? hooks : path.endsWith('/exhooks') ? [provider()] : provider(),
        ),
      )
    })
    scenes.atEnd(() => server.close())
    const on = processOf(server.url, 'a')
    on.hooks.look()
    await until(() => puts).toBeGreaterThan(2)
    expect(on.said('EMQX was not had to load this server again: PUT')).toBe(1)
    expect(on.said('having EMQX load')).toBe(1)
    expect(hooksPart(on.hooks.state)).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/403.*give it the role administrator; or disable and enable/),
    })
    rights.write = true
    await until(on.states).toEqual(['same'])
    expect(hooksPart(on.hooks.state)).toMatchObject({
      ok: true,
      detail: '1 node with the hooks of the rules',
    })
  })

  it('a server that somebody has disabled stays disabled', async () => {
    const { api, url } = await emqxWith('a')
    await api.update('p', { ...(await api.get('p')).body, enable: false })
    const on = processOf(url, 'b')
    on.hooks.look()
    await until(() => on.said('is disabled in EMQX')).toBe(1)
    expect((await api.get('p')).body).toMatchObject({ enable: false })
  })

  it('EMQX is asked again until it is there', async () => {
    let answers = 0
    const server = await startApiServer((_request, response) => {
      answers++
      response.writeHead(503).end()
    })
    scenes.atEnd(() => server.close())
    const on = processOf(server.url, 'a')
    on.hooks.look()
    await until(() => answers > 2).toBe(true)
    expect(on.said('EMQX cannot be asked')).toBe(1)
    await on.hooks.stop()
    const requests = server.requests.length
    on.hooks.look()
    expect(server.requests).toHaveLength(requests)
  })

  it('a stop waits for no answer', async () => {
    const server = await startApiServer(() => {})
    scenes.atEnd(() => server.close())
    const on = processOf(server.url, 'a')
    on.hooks.look()
    await until(() => server.requests.length).toBe(1)
    await on.hooks.stop()
    expect(on.lines).toEqual([])
  })
})

it('without an API key, a difference is said with what to do, and its end', () => {
  const { log, lines } = createLogRecorder()
  let interests = interestsFor('a')
  const hooks = createEmqxHooks({ filters: 'exact', emqx: NO_API }, { interests: () => interests, log })
  const rules = (filter: string) => {
    interests = interestsFor(filter)
    hooks.rulesChanged()
  }
  const load = (...topics: readonly string[]) =>
    hooks.loaded({
      node: 'n',
      version: '5.8.9',
      contract: 'v2',
      hooks: [{ name: 'message.publish', topics }],
    })
  rules('b')
  expect(lines.at(-1)).toMatchObject({
    level: 40,
    msg: expect.stringContaining('what EMQX calls is unknown'),
  })
  load('b')
  rules('c')
  rules('c')
  expect(lines).toHaveLength(2)
  expect(lines.at(-1)).toMatchObject({
    level: 40,
    node: 'n',
    hooks: ['message.publish lacks c; has b, which no rule needs'],
    fix: 'disable and enable this server in EMQX, or give this one an API key (emqx.api_url, emqx.api_key, emqx.api_secret)',
  })
  load('c')
  expect(lines.at(-1)).toMatchObject({ level: 30, msg: 'EMQX calls what the rules need' })
  hooks.unloaded('n')
  rules('c')
  expect(lines).toHaveLength(3)
})
