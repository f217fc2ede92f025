import { writeFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { createHookClient } from '../support/hook-client.ts'
import { metric, type ProviderProcess, startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const RULES = `rules:
  - {name: state, hook: message.publish, filter: devices/#, topic: states}
  - {name: low, hook: message.publish, filter: devices/#, topic: states, when: payload.battery < 20.0}
`
const TOKEN = 'correct-horse-battery'

interface Named {
  readonly name: string
}
interface Status {
  readonly parts: readonly Named[]
  readonly rules: { readonly rules: readonly Named[] }
}
interface Report {
  readonly result: string
  readonly rules: number
}

let provider: ProviderProcess | undefined

afterEach(async () => {
  provider?.signal('SIGKILL')
  await provider?.ended
})

async function serve(flags: readonly string[] = [], env: Record<string, string> = {}) {
  const rules = temporaryFile('rules.yaml', RULES)
  const started = await startProvider([`--rules=${rules}`, '--kafka-brokers=127.0.0.1:1', ...flags], { env })
  provider = started
  const ask = (path: string, token?: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${started.httpPort}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
    })
  return { started, rules, ask }
}

describe('the pages that show more or act', () => {
  it('show what is in force, what was counted, and what waits', async () => {
    const { started, ask } = await serve()
    const client = createHookClient({ port: started.grpcPort })
    const publish = (topic: string, payload: string) =>
      client.call('OnMessagePublish', {
        message: { from: 'd1', topic, payload: Buffer.from(payload), headers: {} },
      })
    for (const payload of ['{"battery":5}', '{"battery":50}', 'no JSON']) await publish('devices/1', payload)
    await publish('elsewhere', '{}')
    client.close()
    const status = (await (await ask('/status')).json()) as Status
    expect(status).toMatchObject({
      version: '0.1.0',
      ready: false,
      ledger: { balances: true, calls: 4, matched: 3, unmatched: 1, records: 4, queued: 4, delivered: 0 },
      queue: { records: 4, breaker_open: false, lanes: [{ topic: 'states', records: 4, healthy: true }] },
      disk: null,
      rules: {
        mistakes: [],
        reloads: { ok: 0, mistake: 0, unchanged: 0 },
        rules: [
          { name: 'state', hooks: ['message.publish'], topic: 'states', records: 3, errors: 0 },
          { name: 'low', records: 1, errors: 1 },
        ],
      },
      topics: { looked: false, topics: [] },
      emqx: { nodes: [], fix: '' },
    })
    expect(status.parts.map(({ name }) => name)).toContain('kafka')
  })

  it('have the rules read, and tell what came of it', async () => {
    const { rules, ask, started } = await serve()
    const reload = async () => {
      const response = await ask('/rules/reload', undefined, 'POST')
      return [response.status, (await response.json()) as Report] as const
    }
    expect(await reload()).toEqual([200, { result: 'unchanged', rules: 2 }])
    writeFileSync(rules, `${RULES}  - {hook: client.connected, topik: t}\n`)
    expect(await reload()).toEqual([
      422,
      { result: 'mistake', rules: 2, count: 1, mistakes: [expect.stringContaining(`${rules}:4:`)] },
    ])
    writeFileSync(rules, `${RULES}  - {name: login, hook: client.connected, topic: t}\n`)
    const [status, report] = await reload()
    expect([status, report.rules]).toEqual([200, 3])
    expect(['ok', 'unchanged']).toContain(report.result)
    // Its output comes by another way than its answer.
    await expect.poll(() => started.lines.map(({ msg }) => msg)).toContain('new rules are in force')
    const { rules: now } = (await (await ask('/status')).json()) as Status
    expect(now.rules.map(({ name }) => name)).toEqual(['state', 'low', 'login'])
  })

  it('are closed on all addresses without a token, which is said; what is wrong elsewhere is not told', async () => {
    const { started, ask } = await serve(['--http-host=0.0.0.0'])
    expect(started.lines.find(({ msg }) => msg.includes('EXHOOK_HTTP_TOKEN'))).toMatchObject({
      level: 30,
      host: '0.0.0.0',
    })
    expect((await ask('/status')).status).toBe(403)
    expect((await ask('/rules/reload', undefined, 'POST')).status).toBe(403)
    const ready = await ask('/readyz')
    expect([ready.status, await ready.text()]).toEqual([
      503,
      expect.stringMatching(/^not ready\nkafka: not ok\n/),
    ])
    expect(await metric(started, 'exhook_http_refused_total', 'reason="closed"')).toBe(2)
  })

  it('open with the token of a file, which may change', async () => {
    const file = temporaryFile('token', `${TOKEN}\n`)
    const { started, ask } = await serve(['--http-host=0.0.0.0', `--http-token-file=${file}`])
    // Made by the test as 0644, for everybody to read.
    expect(started.lines.find(({ level }) => level === 40)).toMatchObject({
      option: 'http.token_file',
      path: file,
    })
    expect((await ask('/status', TOKEN)).status).toBe(200)
    expect(await (await ask('/readyz', TOKEN)).text()).toContain('kafka: not connected')
    expect((await ask('/status')).status).toBe(401)
    expect((await ask('/status', 'wrong-wrong-wrong-wrong')).status).toBe(401)
    writeFileSync(file, 'another-horse-battery\n')
    await expect
      .poll(async () => (await ask('/status', 'another-horse-battery')).status, {
        timeout: 5000,
        interval: 300,
      })
      .toBe(200)
    expect((await ask('/status', TOKEN)).status).toBe(401)
    expect(await metric(started, 'exhook_http_refused_total', 'reason="missing"')).toBe(1)
  })
})
