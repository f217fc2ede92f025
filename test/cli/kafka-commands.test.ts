import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toDeadLetter } from '../../src/delivery/dead-letter.ts'
import { createKafkaJsDriver } from '../../src/kafka/kafkajs-driver.ts'
import type { KafkaRecord } from '../../src/rules/kafka-record.ts'
import { guardChild } from '../support/child-guard.ts'
import { freePort } from '../support/free-port.ts'
import { clientConfig } from '../support/kafka/client-config.ts'
import { type KafkaServer, startKafka } from '../support/kafka/kafka-server.ts'
import { quietLog } from '../support/quiet-log.ts'
import { record } from '../support/records.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_reader="right" ;'

let kafka: KafkaServer
let sasl: string

beforeAll(async () => {
  const ports = { broker: await freePort(), controller: await freePort() }
  sasl = `127.0.0.1:${await freePort()}`
  const plain = `PLAINTEXT://127.0.0.1:${ports.broker}`
  kafka = await startKafka({
    ports,
    properties: {
      listeners: `${plain},SASL_PLAINTEXT://${sasl},CONTROLLER://127.0.0.1:${ports.controller}`,
      'advertised.listeners': `${plain},SASL_PLAINTEXT://${sasl}`,
      'listener.security.protocol.map':
        'PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': LOGIN,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    },
  })
})
afterAll(() => kafka?.stop())

async function produce(...records: KafkaRecord[]): Promise<void> {
  const driver = createKafkaJsDriver(clientConfig(kafka.bootstrap), { log: quietLog, onRenewal: () => {} })
  for (const one of records) expect((await driver.send(driver.freeze(one.topic, [one]))).left).toEqual([])
  await driver.stop()
}

function run(args: readonly string[], env: Record<string, string> = {}) {
  const brokers =
    args.length === 1 || args.some((arg) => arg.includes('broker'))
      ? []
      : ['--kafka-brokers', kafka.bootstrap]
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      ['src/bin.ts', ...args, ...brokers],
      { cwd: ROOT, env: { ...process.env, ...env }, timeout: 20_000 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

/** A command that goes on; resolves when it reads. */
async function start(...args: string[]): Promise<{ child: ChildProcess; stdout: () => string }> {
  const child = spawn(process.execPath, ['src/bin.ts', ...args, `--kafka-brokers=${kafka.bootstrap}`], {
    cwd: ROOT,
  })
  guardChild(child)
  let stdout = ''
  child.stdout.on('data', (text: Buffer) => {
    stdout += text
  })
  await once(child.stderr, 'data')
  return { child, stdout: () => stdout }
}

const EVENT = { headers: { 'emqx-event': 'message.publish' } }
const VALUE = JSON.stringify({
  client_id: 'lock-1',
  payload: Buffer.from('open\u001b[2J').toString('base64'),
})

describe('tail', () => {
  it('prints a line for each record, and ends at --max', async () => {
    await kafka.createTopic('lines')
    const timestampMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
    await produce(
      record('lines', 'lock-1', VALUE, { ...EVENT, timestampMs }),
      record('lines', null, Buffer.from([0xff]), { timestampMs }),
      record('lines', 'x', 'not printed'),
    )
    expect(await run(['tail', 'lines', '--from', 'earliest', '--max=2'])).toEqual({
      code: 0,
      stdout:
        '0@0  2026-01-02T03:04:05.678Z  lock-1  message.publish  ' +
        '{"client_id":"lock-1","payload":"open\\u001b[2J"}\n' +
        '0@1  2026-01-02T03:04:05.678Z  -  -  hex ff (1 byte)\n',
      stderr: 'reading lines, Ctrl-C ends it\n',
    })
    const json = await run(['tail', '--json', '--from=earliest', '--max', '2', 'lines'])
    const common = { topic: 'lines', partition: 0, time: '2026-01-02T03:04:05.678Z' }
    expect(
      json.stdout
        .split('\n')
        .slice(0, 2)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        ...common,
        offset: 0,
        key: 'lock-1',
        headers: EVENT.headers,
        bytes: VALUE.length,
        value: JSON.parse(VALUE),
      },
      { ...common, offset: 1, key: null, headers: {}, bytes: 1, value_base64: '/w==' },
    ])
  })

  it('goes on where its group ended', async () => {
    await kafka.createTopic('group')
    await produce(...['a', 'b', 'c'].map((value) => record('group', null, value)))
    const next = async () =>
      (await run(['tail', 'group', '--group=look', '--from=earliest', '--max=1'])).stdout
    expect(await next()).toMatch(/^0@0 .* a\n$/)
    expect(await next()).toMatch(/^0@1 .* b\n$/)
    expect(await next()).toMatch(/^0@2 .* c\n$/)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends well by %s', async (signal) => {
    const topic = `signal_${signal}`
    await kafka.createTopic(topic)
    await produce(record(topic, null, 'before'))
    const { child, stdout } = await start('tail', topic)
    await produce(record(topic, null, 'after'))
    await expect.poll(stdout).toMatch(/^0@1 .* after\n$/)
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('ends by Ctrl-C also while Kafka does not answer', async () => {
    await kafka.createTopic('frozen')
    const { child } = await start('tail', 'frozen')
    kafka.freeze()
    try {
      await sleep(400)
      child.kill('SIGINT')
      expect(await Promise.race([once(child, 'exit'), sleep(5_000)])).toEqual([0, null])
    } finally {
      kafka.thaw()
    }
  })

  it('ends quietly when its reader has seen enough', async () => {
    await kafka.createTopic('pipe')
    await produce(...Array.from({ length: 20 }, (_, i) => record('pipe', null, `${i} ${'x'.repeat(9000)}`)))
    const { child } = await start('tail', 'pipe', '--from=earliest')
    let stderr = ''
    child.stderr?.on('data', (text: Buffer) => {
      stderr += text
    })
    child.stdout?.destroy()
    const [code] = await once(child, 'exit')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('says that the topic is missing, Kafka away, the login wrong or not enough', async () => {
    expect(await run(['tail', 'nowhere'])).toEqual({
      code: 1,
      stdout: '',
      stderr: `there is no Kafka topic nowhere at ${kafka.bootstrap}\n`,
    })
    const away = await run(['tail', 'lines', '--kafka-brokers=127.0.0.1:1'])
    expect(away).toMatchObject({ code: 1, stdout: '' })
    expect(away.stderr).toContain('Kafka does not answer at 127.0.0.1:1')

    const login = ['--kafka-sasl-mechanism=plain', '--kafka-sasl-username=reader', `--kafka-brokers=${sasl}`]
    const wrong = await run(['tail', 'lines', ...login], { EXHOOK_KAFKA_SASL_PASSWORD: 'wrong-one' })
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toContain('Kafka refuses the login')
    expect(wrong.stderr).not.toContain('wrong-one')

    const right = await run(['tail', 'lines', ...login], { EXHOOK_KAFKA_SASL_PASSWORD: 'right' })
    expect(right).toMatchObject({ code: 1, stdout: '' })
    expect(right.stderr).toContain('we may not read the Kafka topic lines')
  })
})

describe('the command line', () => {
  it('tells every mistake of words, file and environment at once', async () => {
    const config = temporaryFile('config.yaml', 'kafka:\n  brokerz: x\n')
    const wrong = await run(['tail', `--config=${config}`, '--from=middle', '--grop=1'], {
      EXHOOK_KAFKA_TLS: 'maybe',
    })
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    for (const part of [
      'name a Kafka topic',
      '--from:',
      'did you mean `--group`',
      `${config}:2:3`,
      'EXHOOK_KAFKA_TLS',
    ]) {
      expect(wrong.stderr).toContain(part)
    }
    expect((await run(['tail', 'x', `--config=${config}`, '--from=middle'])).code).toBe(1)
  })

  it.each([
    [['dead-letters'], 'say what to do', 'exhook-kafka dead-letters redrive'],
    [['dead-letters', 'lst'], 'did you mean `list`?', '`exhook-kafka dead-letters --help` tells'],
    [['dead-letters', 'tail'], 'there is no dead-letters `tail`', '--help'],
  ])('answers %j with what there is and exit code 2', async (args, message, help) => {
    const { code, stderr } = await run(args)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
    expect(stderr).toContain(help)
  })

  it.each([['tail'], ['dead-letters']])('has help for %s', async (command) => {
    const { code, stdout } = await run([command, '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('Exit codes:')
    expect((await run(['--help'])).stdout).toContain(`exhook-kafka ${command}`)
  })
})

it('dead-letters lists and puts back', async () => {
  await kafka.createTopic('exhook.dead-letters')
  await kafka.createTopic('origin')
  const failure = { kind: 'record', code: 'MESSAGE_TOO_LARGE', message: '' } as const
  await produce(toDeadLetter(record('origin', 'k', 'v'), failure, 'exhook.dead-letters', Date.now()))
  expect((await run(['dead-letters', 'list'])).stdout).toContain('\n1 dead letter\n')
  expect(await run(['dead-letters', 'redrive'])).toMatchObject({
    code: 0,
    stdout: '1 dead letter put back to origin\n',
  })
  expect((await run(['tail', 'origin', '--from=earliest', '--max=1'])).stdout).toMatch(/ k {2}- {2}v\n$/)

  await produce(toDeadLetter(record('gone', 'k', 'v'), failure, 'exhook.dead-letters', Date.now()))
  const refused = await run(['dead-letters', 'redrive'])
  expect(refused.code).toBe(1)
  expect(refused.stdout).toContain('Kafka refused 0@1 again, bound for gone: UNKNOWN_TOPIC_OR_PARTITION')
  const other = await run(['dead-letters', 'list', '--dead-letters-topic=nowhere'])
  const off = await run(['dead-letters', 'list', '--dead-letters-topic=off'])
  expect(off).toMatchObject({
    code: 1,
    stderr: 'dead_letters.topic is off, so there is nothing to look into\n',
  })
  expect(other).toMatchObject({ code: 1, stderr: `there is no Kafka topic nowhere at ${kafka.bootstrap}\n` })
})
