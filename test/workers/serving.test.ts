import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { createPki } from '../exhook/tls-served.ts'
import { createHookClient, type HookClient } from '../support/hook-client.ts'
import { metric, type ProviderProcess, scrape, startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'
import { isAlive, statusOf } from './crew.ts'

const RULES = 'rules:\n  - {name: first, hook: message.publish, filter: a/#, topic: t}\n'
const NO_KAFKA = '--kafka-brokers=127.0.0.1:1'
/** What is queued for no Kafka need not be waited for. */
const SOON = '--stop-deadline-ms=100'

const open: { stop(): Promise<unknown> }[] = []

async function serve(rules: string, ...flags: readonly string[]): Promise<ProviderProcess> {
  const provider = await startProvider([
    `--rules=${rules}`,
    NO_KAFKA,
    ...(flags.some((flag) => flag.includes('deadline')) ? [] : [SOON]),
    ...flags,
  ])
  open.push({
    async stop() {
      provider.signal('SIGTERM')
      await provider.ended
    },
  })
  return provider
}

async function connect(provider: ProviderProcess, connections = 8): Promise<HookClient> {
  const client = createHookClient({ port: provider.grpcPort, connections })
  open.unshift({ stop: async () => client.close() })
  await client.connected()
  return client
}

const publish = (topic: string) => ({ message: { topic, from: 'c', payload: Buffer.from('x'), qos: 1 } })

const until = async (test: () => Promise<boolean>): Promise<void> => {
  while (!(await test())) await sleep(50)
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.stop()
})

describe('several workers on one port', () => {
  it.each([
    ['grpc-js', 4, [2, 2, 2, 2]],
    ['lean', 2, [4, 4]],
  ] as const)(
    '%s: EMQX opens eight connections at once, and each of %i workers gets as many',
    async (transport, count, spread) => {
      const rules = temporaryFile('rules.yaml', RULES)
      const provider = await serve(rules, `--workers=${count}`, `--grpc-transport=${transport}`)
      const client = await connect(provider)
      expect((await statusOf(provider)).workers.map(({ connections }) => connections)).toEqual(spread)

      const calls = Array.from({ length: 400 }, (_, i) =>
        client.call('OnMessagePublish', publish(i % 4 === 0 ? 'a/b' : 'c'), { key: `client-${i % 64}` }),
      )
      for (const { status } of await Promise.all(calls)) expect(status).toBe(0)
      const status = await statusOf(provider)
      const each = status.workers.map(({ ledger }) => ledger.calls)
      expect(each.every((one) => one > 0)).toBe(true)
      const { ledger, value } = await scrape(provider)
      expect(ledger).toMatchObject({ calls: 400, matched: 100, unmatched: 300, records: 100, balanced: true })
      expect(each.reduce((sum, one) => sum + one, 0)).toBe(400)
      expect(value('exhook_connections')).toBe(8)
      expect(value('exhook_worker_up')).toBe(count)
      expect(value('exhook_reply_seconds_count')).toBe(400)
      expect(value('exhook_build_info')).toBe(1)
    },
  )

  it('restarts a killed worker: the others take its connections over, its counts stay in the sum', async () => {
    const provider = await serve(temporaryFile('rules.yaml', RULES), '--workers=2')
    const client = await connect(provider, 4)
    const call = (i: number) => client.call('OnMessagePublish', publish('a/b'), { key: `client-${i}` })
    await Promise.all(Array.from({ length: 100 }, (_, i) => call(i)))
    const before = await scrape(provider)
    expect(before.ledger.calls).toBe(100)
    const [victim, other] = (await statusOf(provider)).workers
    process.kill(victim?.pid ?? 0, 'SIGKILL')
    await until(async () => provider.lines.some(({ msg }) => /a worker has died/.test(String(msg))))
    // Nobody has to wait for the next one: what is left takes over.
    await until(async () => (await call(1)).status === 0)
    await until(async () => {
      const [next] = (await statusOf(provider)).workers
      return next?.up === true && next.pid !== victim?.pid
    })
    expect(await metric(provider, 'exhook_worker_up')).toBe(2)

    const now = await statusOf(provider)
    expect(now.workers[1]).toMatchObject({ pid: other?.pid, restarts: 0 })
    expect(now.workers[0]).toMatchObject({ restarts: 1, up: true })
    expect(now.workers[0]?.pid).not.toBe(victim?.pid)
    const after = await scrape(provider)
    expect(after.value('exhook_worker_restarts_total', 'worker="0"')).toBe(1)
    expect(after.ledger.calls).toBeGreaterThanOrEqual(100)
    // In memory alone: what it had queued is lost, and said.
    expect(after.value('exhook_records_left_total')).toBe(victim?.ledger.queued)
    expect(now.ledger).toMatchObject({ balances: true, left: victim?.ledger.queued })
    expect(provider.lines.find((line) => /a worker has died/.test(String(line.msg)))).toMatchObject({
      ...{ level: 50, worker: 0, how: 'ended by SIGKILL', queued: victim?.ledger.queued },
      restartInMs: 0,
    })
    // Whoever dies again and again is not begun again at once.
    process.kill(now.workers[0]?.pid ?? 0, 'SIGKILL')
    await until(async () => provider.lines.filter(({ msg }) => /a worker has died/.test(msg)).length === 2)
    expect(provider.lines.findLast(({ msg }) => /a worker has died/.test(msg))).toMatchObject({
      restartInMs: 1000,
    })
  })

  it('hands TLS connections over too; each worker has the certificates', async () => {
    const pki = await createPki()
    open.push({ stop: async () => pki.remove() })
    const server = await pki.authority.issue('workers', { dns: ['localhost'] })
    const provider = await serve(
      temporaryFile('rules.yaml', RULES),
      ...['--workers=2', '--grpc-tls=on'],
      `--grpc-tls-cert-file=${temporaryFile('tls.crt', server.cert)}`,
      `--grpc-tls-key-file=${temporaryFile('tls.key', server.key)}`,
    )
    const tls = { ca: pki.authority.ca }
    const client = createHookClient({ host: 'localhost', port: provider.grpcPort, connections: 4, tls })
    open.unshift({ stop: async () => client.close() })
    await client.connected()
    const calls = Array.from({ length: 40 }, () => client.call('OnMessagePublish', publish('a/b')))
    for (const { status } of await Promise.all(calls)) expect(status).toBe(0)
    const { workers } = await statusOf(provider)
    expect(workers.map(({ connections, ledger }) => [connections, ledger.calls])).toEqual([
      [2, 20],
      [2, 20],
    ])
    expect(await metric(provider, 'exhook_tls_handshakes_total')).toBe(4)
  })

  it('tells every worker, and the next one, what one has heard of EMQX', async () => {
    const provider = await serve(temporaryFile('rules.yaml', RULES), '--workers=3')
    const client = await connect(provider, 3)
    const load = { broker: { version: '5.8.9' }, meta: { node: 'emqx@1' } }
    await client.call('OnProviderLoaded', load)
    const known = async () => (await statusOf(provider)).workers.map(({ emqx }) => emqx?.nodes)
    const all = [[1, 2, 3].map(() => [expect.objectContaining({ node: 'emqx@1', state: 'same' })])].flat()
    await until(async () => (await known()).every((nodes) => nodes?.length === 1))
    expect(await known()).toEqual(all)
    process.kill((await statusOf(provider)).workers[2]?.pid ?? 0, 'SIGKILL')
    await until(async () => (await statusOf(provider)).workers[2]?.restarts === 1)
    await until(async () => (await metric(provider, 'exhook_worker_up')) === 3)
    expect(await known()).toEqual(all)
    await client.call('OnProviderUnloaded', { meta: { node: 'emqx@1' } })
    await until(async () => (await known()).every((nodes) => nodes?.length === 0))
  })

  it('reloads the rules of all workers; a worker that begins later has those in force, not those of a wrong file', async () => {
    const rules = temporaryFile('rules.yaml', RULES)
    const provider = await serve(rules, '--workers=2')
    const reload = async () => {
      const answer = await fetch(`http://127.0.0.1:${provider.httpPort}/rules/reload`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      })
      return { status: answer.status, body: await answer.json() }
    }
    const names = async () =>
      (await statusOf(provider)).workers.map(({ rules: its }) => its?.rules.map(({ name }) => name))
    writeFileSync(rules, RULES.replace('first', 'second'))
    const done = await reload()
    expect(done.status).toBe(200)
    expect(await names()).toEqual([['second'], ['second']])

    writeFileSync(rules, RULES.replace('hook', 'hoook'))
    expect(await reload()).toMatchObject({ status: 422, body: { result: 'mistake', count: 1 } })
    const ready = await (await fetch(`http://127.0.0.1:${provider.httpPort}/readyz`)).text()
    expect(ready).toMatch(/^rules: .*hoook/m)
    process.kill((await statusOf(provider)).workers[1]?.pid ?? 0, 'SIGKILL')
    await until(async () => (await statusOf(provider)).workers[1]?.restarts === 1)
    await until(async () => (await metric(provider, 'exhook_worker_up')) === 2)
    expect(await names()).toEqual([['second'], ['second']])

    writeFileSync(rules, RULES.replace('first', 'third'))
    provider.signal('SIGHUP')
    await until(async () => (await names()).every((its) => its?.[0] === 'third'))
  })

  it('says in /readyz which worker a part is not well with', async () => {
    const provider = await serve(temporaryFile('rules.yaml', RULES), '--workers=2')
    const [one] = (await statusOf(provider)).workers
    process.kill(one?.pid ?? 0, 'SIGSTOP')
    const frozen = await (await fetch(`http://127.0.0.1:${provider.httpPort}/readyz`)).text()
    process.kill(one?.pid ?? 0, 'SIGCONT')
    expect(frozen).toMatch(/^workers: worker 0 does not answer$/m)
    expect(frozen).toMatch(/^kafka: worker 1: not connected/m)
    await until(async () =>
      /^workers: 2 run$/m.test(await (await fetch(`http://127.0.0.1:${provider.httpPort}/readyz`)).text()),
    )
  })

  it('ends every worker when the primary is killed, and with a second signal', async () => {
    const provider = await serve(temporaryFile('rules.yaml', RULES), '--workers=2')
    const pids = (await statusOf(provider)).workers.map(({ pid }) => pid)
    expect(pids.every(isAlive)).toBe(true)
    provider.signal('SIGKILL')
    await until(async () => !pids.some(isAlive))

    // Records that cannot be delivered hold the stop up to its deadline.
    const second = await serve(temporaryFile('rules.yaml', RULES), '--workers=2', '--stop-deadline-ms=20000')
    const client = await connect(second, 2)
    await client.call('OnMessagePublish', publish('a/b'))
    const theirs = (await statusOf(second)).workers.map(({ pid }) => pid)
    second.signal('SIGTERM')
    await sleep(300)
    second.signal('SIGTERM')
    expect(await second.ended).toBe(1)
    await until(async () => !theirs.some(isAlive))
  })

  it('ends with the reason when the port is taken, and leaves no worker behind', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const rules = temporaryFile('rules.yaml', RULES)
    const words = [
      'src/bin.ts',
      'serve',
      `--rules=${rules}`,
      NO_KAFKA,
      '--workers=2',
      `--grpc-port=${port}`,
      '--http-port=0',
    ]
    const { code, stdout } = await new Promise<{ code: unknown; stdout: string }>((resolve) => {
      execFile(process.execPath, words, (error, out) => resolve({ code: error?.code, stdout: out }))
    })
    taken.close()
    expect(code).toBe(1)
    expect(stdout).toMatch(
      new RegExp(`cannot listen on 127.0.0.1 port ${port} for gRPC: another process.*the start failed`),
    )
  })
})
