import { beforeAll, describe, expect, it } from 'vitest'
import { runKafkaCommand } from '../../../src/cli/kafka-commands.ts'
import type { CommandOutput } from '../../../src/cli/stream-output.ts'
import { createKafkaJsReader } from '../../../src/kafka/kafkajs-reader.ts'
import { createKafkaJsTopicInspector } from '../../../src/kafka/kafkajs-topic-inspector.ts'
import { KafkaReadError } from '../../../src/kafka/record-reader.ts'
import { allow } from '../../support/kafka/acls.ts'
import { allowWriting } from '../../support/kafka/secure-kafka.ts'
import { createTopics } from '../../support/kafka/topics.ts'
import { quietLog } from '../../support/quiet-log.ts'
import { numbered } from '../../support/records.ts'
import { type Otherwise, type SecureStage, secureConfig, WAYS, type Way } from './secure-drivers.ts'

const doorOf = (way: Way) => (way === 'mtls' ? 'mtls' : 'sasl')

/** Looking at topics and reading them go through kafkajs, whichever driver sends: by every way to log in, with the same words. */
export function describeSecureCommands(stage: SecureStage): void {
  beforeAll(async () => {
    const { kafka } = stage.secure
    await createTopics(kafka.bootstrap, ['looked-at'], 1)
    await allowWriting(stage.secure, ['looked-at'])
    await allow(kafka.bootstrap, 'User:writer', 'looked-at', ['Read'])
    const driver = stage.drivers.make('kafkajs', 'none', 'open')
    await driver.send(driver.freeze('looked-at', numbered('looked-at', 5, 1)))
  })

  async function countIn(way: Way, other?: Otherwise): Promise<number> {
    const reader = createKafkaJsReader(secureConfig(stage.secure, way, doorOf(way), other), { log: quietLog })
    let count = 0
    try {
      const { signal } = new AbortController()
      for await (const { records } of reader.read({
        topic: 'looked-at',
        from: 'earliest',
        toEnd: true,
        signal,
      })) {
        count += records.length
      }
    } finally {
      await reader.stop()
    }
    return count
  }

  /** The command as a person runs it, but for the process around it. */
  async function run(words: readonly string[], env: Record<string, string>, files: Record<string, string>) {
    const texts = { out: '', err: '' }
    const into = (name: 'out' | 'err'): CommandOutput => ({
      async print(text) {
        texts[name] += text
        return true
      },
    })
    const exitCode = await runKafkaCommand(words[0] as 'tail', words.slice(1), {
      env,
      readFile: (path) => files[path] ?? '',
      out: into('out'),
      err: into('err'),
      signal: new AbortController().signal,
      createLog: () => quietLog,
    })
    return { exitCode, ...texts }
  }

  it('the commands read over TLS with a client certificate, and say what is wrong with the files they were given', async () => {
    const { doors, identity, authority } = stage.secure
    const words = ['tail', 'looked-at', '--from=earliest', '--max=5', `--kafka-brokers=${doors.mtls}`]
    const env = {
      EXHOOK_KAFKA_TLS: 'true',
      EXHOOK_KAFKA_TLS_CA_FILE: 'ca',
      EXHOOK_KAFKA_TLS_CERT_FILE: 'cert',
      EXHOOK_KAFKA_TLS_KEY_FILE: 'key',
      EXHOOK_KAFKA_TLS_KEY_PASSPHRASE: 'open-it',
    }
    const files = { ca: authority.cert, cert: identity.cert, key: identity.lockedKey('open-it') }
    const read = await run(words, env, files)
    expect(read).toMatchObject({ exitCode: 0, err: expect.stringMatching(/^reading looked-at/) })
    expect(read.out.split('\n')).toHaveLength(6)
    expect(await run(words, env, { ...files, ca: stage.strangers.cert })).toEqual({
      exitCode: 1,
      out: '',
      err: expect.stringMatching(
        /^Kafka: the broker's certificate .*look at kafka\.tls_ca_file \(TlsCertificateNotTrusted\)\n$/,
      ),
    })
    expect(await run(words, env, { ...files, key: (await authority.issue('other')).key })).toMatchObject({
      exitCode: 1,
      err: expect.stringMatching(/^EXHOOK_KAFKA_TLS_KEY_FILE: the private key is not the one/),
    })
  })

  it('the commands say who refuses a token, once', async () => {
    const { doors, authority, tokens } = stage.secure
    const env = {
      EXHOOK_KAFKA_TLS: 'true',
      EXHOOK_KAFKA_TLS_CA_FILE: 'ca',
      EXHOOK_KAFKA_SASL_MECHANISM: 'oauthbearer',
      EXHOOK_KAFKA_SASL_OAUTH_TOKEN_URL: tokens.url,
      EXHOOK_KAFKA_SASL_OAUTH_CLIENT_ID: 'writer',
      EXHOOK_KAFKA_SASL_OAUTH_CLIENT_SECRET: 'wr0ng-one',
    }
    expect(
      await run(['tail', 'looked-at', `--kafka-brokers=${doors.sasl}`], env, { ca: authority.cert }),
    ).toEqual({
      exitCode: 1,
      out: '',
      err: expect.stringMatching(
        /^there is no login to Kafka: .*401 invalid_client .*client_secret \(TokenError\)\n$/,
      ),
    })
  })

  describe.each(WAYS)('by %s', (way) => {
    it('look and read', async () => {
      const inspector = createKafkaJsTopicInspector(secureConfig(stage.secure, way, doorOf(way)), quietLog)
      const { reports, failure } = await inspector.inspect(['looked-at'])
      expect(failure).toBeNull()
      expect(reports).toMatchObject([{ topic: 'looked-at', partitions: 1, mayWrite: true }])
      expect(await countIn(way)).toBe(5)
    })

    it('say what is wrong', async () => {
      const wrong = way === 'mtls' ? { identity: null } : { password: 'wr0ng-one' }
      const config = secureConfig(stage.secure, way, doorOf(way), wrong)
      const { failure } = await createKafkaJsTopicInspector(config, quietLog).inspect(['looked-at'])
      expect(failure).toMatchObject({
        kind: 'cluster',
        message: expect.stringMatching(/: (look at|set) kafka\./),
      })
      const error = await countIn(way, wrong).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(KafkaReadError)
      expect((error as KafkaReadError).failure).toEqual(failure)
    })
  })
}
