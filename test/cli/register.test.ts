import { execFile } from 'node:child_process'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startApiServer } from '../emqx/api-server.ts'
import { KEY, SECRET, useRestScenes } from '../emqx/scene.ts'
import { freePort } from '../support/free-port.ts'
import { startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const LOGIN = { EXHOOK_EMQX_API_KEY: KEY, EXHOOK_EMQX_API_SECRET: SECRET }
const scenes = useRestScenes()

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The command as a process, with the key in its environment; its output never holds the secret. */
async function register(words: readonly string[], env: Record<string, string> = LOGIN): Promise<Run> {
  const run = await new Promise<Run>((resolve) => {
    execFile(
      process.execPath,
      ['src/bin.ts', 'register', ...words],
      { cwd: ROOT, env: { ...process.env, ...env }, timeout: 25_000 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
  expect(run.stdout + run.stderr).not.toContain(SECRET)
  return run
}

describe('with EMQX and a server that serves', () => {
  it('creates it, then changes nothing, then mends what others have changed', async () => {
    const provider = await startProvider(['--rules=examples/smart-lock.yaml', '--kafka-brokers=127.0.0.1:1'])
    scenes.atEnd(() => provider.stop())
    const { emqx, api } = await scenes.emqx()
    const words = [`--emqx=${emqx.restUrl}`, `--url=http://127.0.0.1:${provider.grpcPort}`]

    const dry = await register([...words, '--dry-run'])
    expect(dry).toMatchObject({ code: 0, stderr: '' })
    expect(dry.stdout).toContain('would be created')
    expect(await api.list()).toEqual([])

    const created = await register(words)
    expect(created).toMatchObject({ code: 0, stderr: '' })
    expect(created.stdout).toContain(`exhook_kafka at ${emqx.restUrl}: created`)
    expect(created.stdout).toMatch(/failed_action +- +ignore/)
    expect(created.stdout).toMatch(/emqx@127\.0\.0\.1 +5\.8\.9 +connected/)
    expect(created.stdout).toMatch(/message\.publish +devices\/\+\/state +0 +0 +0/)
    expect(created.stdout).toMatch(/message\.acked +devices\/\+\/command/)
    expect(emqx.hooks.map(({ name }) => name)).toEqual(['message.publish', 'message.acked'])

    const again = await register([...words, '--json'])
    expect(again).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(again.stdout)).toMatchObject({
      action: 'unchanged',
      changes: [],
      warnings: [],
      ahead: [],
    })
    const loads = () => provider.lines.filter(({ msg }) => / loaded this provider/.test(msg)).length
    expect(loads()).toBe(1)

    await api.update('exhook_kafka', { ...(await api.get('exhook_kafka')).body, failed_action: 'deny' })
    const told = await register([...words, '--dry-run'])
    expect(told.stdout).toContain('would be updated')
    expect(told.stderr).toContain('failed_action was deny')
    expect((await api.get('exhook_kafka')).body.failed_action).toBe('deny')
    const mended = await register(words)
    expect(mended.code).toBe(0)
    expect(mended.stdout).toMatch(/failed_action +deny +ignore/)
    expect(mended.stderr).toContain('failed_action was deny')
    expect((await api.get('exhook_kafka')).body).toMatchObject({
      failed_action: 'ignore',
      auto_reconnect: '5s',
    })
    expect(loads()).toBe(3)
  })

  it('tells who comes before it, and goes before them', async () => {
    const other = await scenes.provider({ hooks: [{ name: 'message.publish' }] })
    const ours = await scenes.provider({ hooks: [{ name: 'message.publish', topics: ['a'] }] })
    const { emqx, api } = await scenes.emqx({ provider: other.url, failedAction: 'deny' })
    const words = [`--emqx=${emqx.restUrl}`, `--url=${ours.url}`, '--name=locks']
    const second = await register(words)
    expect(second.code).toBe(0)
    expect(second.stderr).toMatch(
      /warning: EMQX calls the provider default before this one for message\.publish: .*deny/,
    )
    const first = await register([...words, '--first'])
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toContain('put before all others')
    expect((await api.list()).map(({ name }) => name)).toEqual(['locks', 'default'])
  })
})

describe('what can go wrong', () => {
  it('nobody serves at --url: registered, exit code 3, with the likely cause', async () => {
    const { emqx } = await scenes.emqx()
    const url = `http://127.0.0.1:${await freePort()}`
    const words = [`--emqx=${emqx.restUrl}`, `--url=${url}`, '--request-timeout=200ms', '--wait=1']
    const { code, stdout, stderr } = await register(words)
    expect(code).toBe(3)
    expect(stdout).toMatch(/emqx@127\.0\.0\.1 +5\.8\.9 +connecting/)
    expect(stderr).toContain(`it could not load us at ${url}`)
  })

  it('a wrong key, a wrong host', async () => {
    const { emqx } = await scenes.emqx()
    const words = ['--url=http://us:9000']
    const wrong = await register([...words, `--emqx=${emqx.restUrl}`], {
      ...LOGIN,
      EXHOOK_EMQX_API_KEY: 'other',
    })
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toContain('401')
    expect(wrong.stderr).toContain('EMQX does not know this API key')
    const nowhere = await register([...words, `--emqx=http://127.0.0.1:${await freePort()}`])
    expect(nowhere).toMatchObject({ code: 1, stdout: '' })
    expect(nowhere.stderr).toContain('nobody listens there')
    expect(nowhere.stderr).toContain('look at --emqx')
  })

  it.each([
    ['an EMQX of 4.x', 404, 'application/json', '{}', 'which EMQX has from 5.0 on'],
    ['a page', 200, 'text/html', '<html>', 'not JSON but text/html'],
    ['a fault', 500, 'application/json', '{"code":"INTERNAL_ERROR"}', '500, INTERNAL_ERROR'],
  ])('%s', async (_, status, type, body, what) => {
    const server = await startApiServer((_request, response) =>
      response.writeHead(status, { 'content-type': type }).end(body),
    )
    scenes.atEnd(() => server.close())
    const { code, stdout, stderr } = await register([`--emqx=${server.url}`, '--url=http://us:9000'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain(what)
  })

  it('one node of a cluster has not loaded it', async () => {
    let looks = 0
    const provider = () => ({
      name: 'exhook_kafka',
      enable: true,
      url: 'http://us:9000',
      request_timeout: '5s',
      failed_action: 'ignore',
      auto_reconnect: '5s',
      pool_size: 8,
      hooks: [],
      node_status: [
        { node: 'a@emqx', status: looks++ < 3 ? 'connecting' : 'connected' },
        { node: 'b@emqx', status: 'disconnected' },
      ],
    })
    const server = await startApiServer((request: IncomingMessage, response: ServerResponse) => {
      const path = request.url ?? ''
      const body = path.endsWith('/hooks') ? [] : path.endsWith('/exhooks') ? [provider()] : provider()
      if (path.endsWith('/nodes')) response.writeHead(403).end('{}')
      else response.end(JSON.stringify(body))
    })
    scenes.atEnd(() => server.close())
    const { code, stdout, stderr } = await register([
      `--emqx=${server.url}`,
      '--url=http://us:9000',
      '--json',
    ])
    expect([code, stderr]).toEqual([3, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      action: 'unchanged',
      nodes: [
        { node: 'a@emqx', version: '', status: 'connected' },
        { node: 'b@emqx', version: '', status: 'disconnected' },
      ],
      warnings: [expect.stringContaining('b@emqx is disconnected')],
    })
    expect(server.requests.filter((request) => !request.startsWith('GET'))).toEqual([])
  })

  it('every mistake of the words at once, and nothing is asked', async () => {
    const pem = temporaryFile('no.pem', 'nothing')
    const { code, stderr } = await register(
      [
        '--emqx=emqx',
        '--name=a b',
        `--ssl-ca-file=${pem}`,
        '--wiat=1',
        '--pool-size=0',
        '--request-timeout=soon',
      ],
      { EXHOOK_EMQX_API_KEY: KEY },
    )
    expect(code).toBe(2)
    for (const what of [
      '--emqx: must be an address like http://emqx:18083',
      '--name: must be a name that EMQX takes',
      'emqx.api_secret is missing',
      '--url is missing',
      '--ssl-ca-file: the file is no PEM file',
      'there is no flag `--wiat`, did you mean `--wait`?',
      '--pool-size: must be a whole number above 0',
      '--request-timeout: must be a duration like 5s',
    ]) {
      expect(stderr).toContain(what)
    }
    expect(await register(['--url=http://us:9000', 'now'])).toMatchObject({ code: 2 })
    expect(await register(['--help'])).toMatchObject({ code: 0, stderr: '' })
  })

  it('a --url that EMQX would not take as it is', async () => {
    const { code, stderr } = await register(['--emqx=http://e:1', '--url=http://us:9000/path'])
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        '--url: EMQX takes scheme, host and port alone: write `http://us:9000`, not `http://us:9000/path`\n',
    })
  })

  it('a secret in a flag, which is not repeated', async () => {
    const words = ['--emqx=http://e:1', '--url=http://us:9000', `--emqx-api-secret=${SECRET}`]
    expect(await register(words)).toMatchObject({ code: 2 })
    expect(
      await register(['--emqx', `http://k:${SECRET}@e:1`, '--url', `http://k:${SECRET}@us:1`]),
    ).toMatchObject({
      code: 1,
    })
  })
})

it('takes key and secret from files, and EMQX the contents of PEM files', async () => {
  const { emqx, api } = await scenes.emqx()
  const pem = '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n'
  const words = [
    `--emqx=${emqx.restUrl}`,
    '--url=https://us:9000',
    `--ssl-ca-file=${temporaryFile('ca.pem', pem)}`,
    '--wait=0',
  ]
  const env = {
    EXHOOK_EMQX_API_KEY_FILE: temporaryFile('key', `${KEY}\n`),
    EXHOOK_EMQX_API_SECRET_FILE: temporaryFile('secret', `${SECRET}\n`),
  }
  const { code, stdout } = await register(words, env)
  expect(code).toBe(3) // nobody is there
  expect(stdout).toMatch(/ssl\.cacertfile +- +the contents of /)
  expect((await api.get('exhook_kafka')).body.ssl).toMatchObject({
    enable: true,
    verify: 'verify_peer',
    cacertfile: expect.stringMatching(/cacert-[0-9a-f]{16}$/),
  })
  expect((await register(words, env)).stdout).toContain('nothing to change')
})
