import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEmqxStandIn, type EmqxStandIn } from '../../../demo/emqx-stand-in/emqx-stand-in.ts'
import { createRoutes } from '../../../src/admin/routes.ts'
import { sendRaw } from '../../admin/raw-http.ts'
import { httpDeps } from '../../admin/serving.ts'
import { createHookClient } from '../../support/hook-client.ts'
import { consumeAll } from '../../support/kafka/consume.ts'
import { type GuardedKafka, startGuardedKafka } from '../../support/kafka/guarded-kafka.ts'
import { addScramUser } from '../../support/kafka/scram-user.ts'
import { createPlanted } from '../../support/planted.ts'
import { type ProviderProcess, startProvider } from '../../support/provider.ts'
import { runCommand } from './run-command.ts'
import { AUTH_TOPICS, DATA, RULES, SECRETS, TOPICS } from './secrets.ts'

const USER = 'exhook'
const LOGIN = { EXHOOK_KAFKA_SASL_USERNAME: USER }

/** The same at both ends of the log's levels, with each of Kafka's clients and ways to log in. */
const RUNS = [
  { level: 'trace', driver: 'kafkajs', mechanism: 'scram-sha-512', password: SECRETS.scramPassword },
  { level: 'info', driver: 'platformatic', mechanism: 'plain', password: SECRETS.plainPassword },
] as const
type Run = (typeof RUNS)[number]

const envOf = ({ mechanism }: Run, password: string) => ({
  ...LOGIN,
  EXHOOK_KAFKA_SASL_MECHANISM: mechanism,
  EXHOOK_KAFKA_SASL_PASSWORD: password,
  EXHOOK_EMQX_API_KEY: SECRETS.emqxKey,
  EXHOOK_EMQX_API_SECRET: SECRETS.emqxSecret,
  EXHOOK_HTTP_TOKEN: SECRETS.httpToken,
})

/** Throws what quotes a secret, out of everybody's sight, as a fault in a library would: on SIGUSR2, and on SIGWINCH as a promise. */
const FAULTS = `data:text/javascript,${encodeURIComponent(`
  process.on('SIGUSR2', () => setImmediate(() => JSON.parse(process.env.EXHOOK_KAFKA_SASL_PASSWORD)))
  process.on('SIGWINCH', () => {
    const { EXHOOK_HTTP_TOKEN: token, EXHOOK_EMQX_API_SECRET: secret } = process.env
    const cause = Object.assign(new Error(token), { headers: { authorization: 'Bearer ' + token } })
    Promise.reject(Object.assign(new TypeError(secret, { cause }), { config: { password: secret } }))
  })
`)}`

describe('no secret that was planted', () => {
  const planted = createPlanted(SECRETS)
  const { saw } = planted
  /** What was asked of HTTP, and the status. */
  const asked = new Set<string>()
  const folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-planted-'))
  const written = (name: string, text: string | Buffer): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  let guarded: GuardedKafka
  const providers: ProviderProcess[] = []
  let lives = 0
  const standIns: EmqxStandIn[] = []

  beforeAll(async () => {
    guarded = await startGuardedKafka({
      users: { [USER]: SECRETS.plainPassword },
      topics: Object.fromEntries(TOPICS.map((topic) => [topic, 1])),
      properties: { 'super.users': `User:ANONYMOUS;User:${USER}` },
    })
    await addScramUser(guarded.kafka.bootstrap, USER, SECRETS.scramPassword)
  })
  afterAll(async () => {
    await Promise.all(standIns.map((emqx) => emqx.stop()))
    for (const provider of providers) provider.signal('SIGKILL')
    await guarded?.kafka.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function provide(
    run: Run,
    env: Record<string, string>,
    flags: readonly string[],
    nodeFlags: readonly string[] = [],
  ) {
    const rules = written(`rules-${++lives}.yaml`, RULES)
    const provider = await startProvider(
      [
        `--rules=${rules}`,
        `--kafka-brokers=${guarded.guarded}`,
        `--log-level=${run.level}`,
        `--kafka-driver=${run.driver}`,
        ...flags,
      ],
      { env, nodeFlags },
    )
    providers.push(provider)
    return { provider, rules }
  }

  const command = async (words: readonly string[], env: Readonly<Record<string, string>>) => {
    const { code, stdout, stderr } = await runCommand(words, env)
    saw(`the output of ${words[0]}`, stdout + stderr)
    return { code, said: stdout + stderr }
  }

  /** Everything that the HTTP port answers: to those who may, to those who may not, and to what is no request. */
  async function askHttp({ httpPort }: ProviderProcess): Promise<void> {
    const base = `http://127.0.0.1:${httpPort}`
    const wrong = encodeURIComponent(SECRETS.wrongToken)
    const ask = async (path: string, init: RequestInit) => {
      const response = await fetch(base + path, init)
      const head = [...response.headers].map(([name, value]) => `${name}: ${value}\n`).join('')
      saw('HTTP answers', `${response.status}\n${head}\n${await response.text()}`)
      asked.add(`${init.method} ${path} ${response.status}`)
    }
    for (const path of [...createRoutes(httpDeps()).keys(), `/${wrong}`, `/status?token=${wrong}`]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        for (const token of [SECRETS.httpToken, SECRETS.wrongToken, null]) {
          const headers = {
            'content-type': 'application/json',
            accept: 'application/json, text/plain',
            ...(token !== null && { authorization: `Bearer ${token}` }),
          }
          const body = method === 'POST' ? JSON.stringify({ [SECRETS.payload]: SECRETS.payload }) : null
          await ask(path, { method, headers, body })
        }
      }
    }
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${SECRETS.httpToken}` }
    await ask('/rules/reload', { method: 'POST', headers, body: '{}' })
    for (const bytes of [
      `GET /${wrong} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${SECRETS.httpToken}\r\nx: a\0b\r\n\r\n`,
      `GET /status HTTP/1.1\r\nauthorization: Bearer ${SECRETS.httpToken}\r\n\r\n`,
      `POST /status HTTP/1.1\r\nhost: a\r\nauthorization: Basic ${Buffer.from(SECRETS.wrongToken).toString('base64')}\r\n\r\n`,
      `GOT ${SECRETS.httpToken}`,
      `GET / HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${SECRETS.wrongToken.repeat(500)}\r\n\r\n`,
    ])
      saw('HTTP answers', (await sendRaw(httpPort, bytes)).text)
  }

  /** Devices log in and publish; calls come that are none, and some that are too large. */
  async function callHooks(provider: ProviderProcess, emqx: EmqxStandIn): Promise<void> {
    for (const [n, password] of [SECRETS.mqttPassword, SECRETS.otherMqttPassword].entries()) {
      const device = await connectAsync(emqx.url, {
        clientId: `d${n}`,
        username: `user-${n}`,
        password,
        reconnectPeriod: 0,
      })
      await device.publishAsync(`open/${n}`, SECRETS.payload, { qos: 1 })
      await device.endAsync()
    }
    const client = createHookClient({ port: provider.grpcPort })
    const clientinfo = {
      clientid: 'd2',
      username: 'u',
      password: SECRETS.mqttPassword,
      node: 'emqx@127.0.0.1',
    }
    const props = [{ name: 'Authentication-Data', value: SECRETS.otherMqttPassword }]
    const user_props = [{ name: 'secret', value: SECRETS.userProperty }]
    const message = {
      from: 'd2',
      topic: 'open/2',
      payload: Buffer.from(SECRETS.payload),
      headers: { username: 'u' },
    }
    for (const version of ['v2', 'v3'] as const) {
      await client.call('OnClientAuthenticate', { clientinfo, result: true, user_props }, { version })
      await client.call('OnClientConnect', { conninfo: { clientid: 'd2' }, props, user_props }, { version })
      await client.call('OnMessagePublish', { message, user_props }, { version })
      await client.call('OnProviderLoaded', Buffer.from(SECRETS.mqttPassword), { version })
      for (const rpc of ['OnMessagePublish', 'OnClientAuthenticate'] as const) {
        const bytes = client.encode(rpc, rpc === 'OnMessagePublish' ? { message } : { clientinfo }, version)
        for (const bad of [
          bytes.subarray(0, -7),
          Buffer.concat([Buffer.from([0x0b]), bytes]),
          Buffer.from(SECRETS.payload),
        ])
          saw('gRPC refusals', (await client.call(rpc, bad, { version })).details)
      }
      const payload = Buffer.from(SECRETS.payload.repeat(4000))
      const large = await client.call('OnMessagePublish', { message: { ...message, payload } }, { version })
      expect(large.status).not.toBe(0)
      saw('gRPC refusals', large.details)
    }
    client.close()
  }

  /** A whole life with the right secrets, in which nearly everything goes wrong in turn. */
  async function live(run: Run): Promise<() => Promise<void>> {
    const emqx = createEmqxStandIn({
      contract: 'v3',
      version: '5.9.0',
      restApi: { key: SECRETS.emqxKey, secret: SECRETS.emqxSecret },
    })
    standIns.push(emqx)
    await emqx.start()
    const { provider, rules } = await provide(run, envOf(run, run.password), [
      `--emqx-api-url=${emqx.restUrl}`,
      '--grpc-max-receive-bytes=64KiB',
      '--kafka-request-timeout-ms=2000',
      '--stop-deadline-ms=1000',
    ])
    const url = `http://127.0.0.1:${provider.grpcPort}`
    const where = [`--emqx=${emqx.restUrl}`, `--url=${url}`]
    expect((await command(['register', ...where], envOf(run, run.password))).code).toBe(0)
    await callHooks(provider, emqx)
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${provider.httpPort}/readyz`)).status, {
        timeout: 15_000,
      })
      .toBe(200)
    writeFileSync(rules, `${RULES}  - {hook: message.publsh, topik: t}\n`)
    await askHttp(provider)
    saw('the command line', readFileSync(`/proc/${provider.pid}/cmdline`))
    return async () => {
      // Kafka is gone by now.
      await callHooks(provider, emqx)
      await expect
        .poll(async () => (await fetch(`http://127.0.0.1:${provider.httpPort}/readyz`)).status, {
          timeout: 15_000,
        })
        .toBe(503)
      await sleep(500)
      await askHttp(provider)
      await emqx.stop()
      await provider.stop()
    }
  }

  /** One that may not log in, and that ends by a fault of its own. */
  async function fail(run: Run): Promise<void> {
    const reports = [`--report-directory=${folder}`, '--report-on-signal', '--report-signal=SIGURG']
    const { provider } = await provide(
      run,
      { ...envOf(run, SECRETS.wrongPassword), EXHOOK_EMQX_API_SECRET: SECRETS.wrongEmqxSecret },
      [`--emqx-api-url=${standIns[0]?.restUrl}`, '--stop-deadline-ms=500'],
      ['--import', FAULTS, ...reports],
    )
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${provider.httpPort}/readyz`)).status, {
        timeout: 10_000,
      })
      .toBe(503)
    await sleep(1000)
    await askHttp(provider)
    provider.signal('SIGURG')
    await expect.poll(() => reportsIn(folder).length, { timeout: 10_000 }).toBeGreaterThan(0)
    provider.signal('SIGWINCH')
    await expect.poll(() => provider.stdout(), { timeout: 10_000 }).toContain('a promise failed unobserved')
    provider.signal('SIGUSR2')
    expect(await provider.ended).toBe(1)
    expect(provider.stdout()).toContain('"error":"SyntaxError"')
    for (const report of reportsIn(folder)) {
      saw('diagnostic reports', readFileSync(join(folder, report)))
      rmSync(join(folder, report))
    }
  }

  const reportsIn = (path: string) => readdirSync(path).filter((name) => /^report\..*\.json$/.test(name))

  /** Every other command, with secrets where they belong and where they do not. */
  async function useCommands(run: Run): Promise<void> {
    const right = envOf(run, run.password)
    const wrong = { ...envOf(run, SECRETS.wrongPassword), EXHOOK_LOG_LEVEL: run.level }
    const kafka = `--kafka-brokers=${guarded.guarded}`
    const emqx = [`--emqx=${standIns[0]?.restUrl}`, '--url=http://127.0.0.1:1']
    const inFile = written(
      'config.yaml',
      `kafka: {sasl: {password: '${SECRETS.plainPassword}'}}\nhttp: {token: ${SECRETS.wrongToken}}\n`,
    )
    const rules = written('good.yaml', RULES)
    const client = createHookClient({ port: 1 })
    const recorded = written(
      'call.bin',
      client.encode('OnClientAuthenticate', {
        clientinfo: { clientid: 'd', password: SECRETS.mqttPassword },
      }),
    )
    client.close()
    const runs: readonly (readonly [
      code: number,
      words: readonly string[],
      env?: Readonly<Record<string, string>>,
    ])[] = [
      [0, ['serve', '--print-config']],
      [
        2,
        [
          ...['serve', `--config=${inFile}`, '--kafka-sasl-password', SECRETS.plainPassword],
          ...[`--emqx-api-url=http://${SECRETS.emqxKey}@e`, `--kafka-brokers=u:${SECRETS.wrongPassword}@k:1`],
        ],
        { ...right, EXHOOK_HTTP_TOKEN: `${SECRETS.wrongToken} ` },
      ],
      [1, ['tail', 'published', '--from=earliest', kafka], wrong],
      [1, ['dead-letters', 'list', kafka], wrong],
      [1, ['register', ...emqx], { ...right, EXHOOK_EMQX_API_SECRET: SECRETS.wrongEmqxSecret }],
      [2, ['register', `--emqx-api-secret=${SECRETS.emqxSecret}`, `--url=http://k:${SECRETS.emqxKey}@e:1`]],
      [0, ['check', rules]],
      [0, ['try', rules, recorded, '--hook', 'client.authenticate']],
    ]
    for (const [code, words, env = right] of runs) {
      const ran = await command(words, env)
      expect([words[0], ran.code, ran.said]).toEqual([words[0], code, ran.said])
    }
  }

  it('is in anything that was said, in logs, answers, outputs and reports, nor a password in Kafka', {
    timeout: 120_000,
  }, async () => {
    const living = await Promise.all(RUNS.map(live))
    await Promise.all([...RUNS.map(fail), useCommands(RUNS[0])])

    const records = await consumeAll(guarded.kafka.bootstrap, AUTH_TOPICS)
    const { [DATA[0]]: _, [DATA[1]]: __, ...passwords } = SECRETS
    const inKafka = createPlanted(passwords)
    for (const { topic, key, value, headers } of records)
      inKafka.saw(topic, Buffer.concat([value, Buffer.from(`${key}\n${JSON.stringify(headers)}`)]))
    expect(inKafka.finds()).toEqual([])
    // Two devices and a call of each version, of each life.
    for (const topic of AUTH_TOPICS)
      expect(records.filter((record) => record.topic === topic).length).toBe(2 * 4)

    await guarded.kafka.kill()
    await Promise.all(living.map((goOn) => goOn()))
    for (const provider of providers) {
      saw('logs', provider.stdout())
      saw('standard error', provider.stderr())
    }

    console.log(
      `searched ${planted.bytes} bytes for ${Object.keys(SECRETS).length} secrets, and ${inKafka.bytes} bytes in Kafka:`,
      Object.fromEntries(planted.places),
    )
    expect(planted.finds()).toEqual([])
    // Nothing had to be taken out at the last moment either.
    for (const provider of providers) expect(provider.stdout()).not.toContain('[redacted]')
  })

  it('was looked for in vain, as things did go wrong', () => {
    const said = providers.map((provider) => provider.stdout()).join('')
    for (const event of [
      'SyntaxError',
      'a promise failed unobserved',
      'a wrong token was presented',
      'the older rules stay in force',
      'malformed',
      'ECONNREFUSED',
      'the condition of a rule cannot be evaluated',
      'a rule finds no Kafka topic',
      'was refused before it was read',
    ])
      expect(said).toContain(event)
    for (const answer of [
      'GET /status 200',
      'GET /status 401',
      'POST /rules/reload 422',
      'POST /rules/reload 400',
      'GET /metrics 200',
    ])
      expect(asked).toContain(answer)
    expect(said).toMatch(/SASL|uthentication/)
    expect(said).toMatch(/"level":20/)
    for (const place of [
      'HTTP answers',
      'diagnostic reports',
      'gRPC refusals',
      'the command line',
      'the output of try',
    ])
      expect(planted.places.get(place)).toBeGreaterThan(100)
  })
})
