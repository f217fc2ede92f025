import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { startTokenEndpoint, type TokenEndpoint } from '../token-endpoint.ts'
import { allow } from './acls.ts'
import { type KafkaServer, startKafka } from './kafka-server.ts'
import { addScramUser } from './scram-user.ts'
import { type Authority, createAuthority, type Identity } from './tls-files.ts'

/** The doors of a SecureKafka. All but `open` speak TLS; what differs is their certificate, or how one logs in. */
const DOORS = {
  /** The first choice: any way to log in, a certificate in order. */
  sasl: 'SASL_SSL',
  /** Asks for a client certificate. */
  mtls: 'SSL',
  /** As `sasl` and `mtls`, with a certificate that has ended. */
  expiredSasl: 'SASL_SSL',
  expiredMtls: 'SSL',
  /** As `sasl`, with a certificate for another host. */
  elsewhere: 'SASL_SSL',
  /** As `sasl`, and a login is good for three seconds (KIP-368). */
  brief: 'SASL_SSL',
  /** Logins without TLS, by PLAIN alone. */
  unencrypted: 'SASL_PLAINTEXT',
} as const

export type Door = keyof typeof DOORS

/** Life of a login at the door `brief`. */
export const BRIEF_MS = 3_000

/** One broker behind many doors. `writer` is its user by every way of logging in, and may write what `allow` allowed. */
export interface SecureKafka {
  readonly kafka: KafkaServer
  /** `127.0.0.1:<port>` of each door. */
  readonly doors: Readonly<Record<Door, string>>
  /** Signed the certificates of all doors. */
  readonly authority: Authority
  /** The client certificate of `writer`. */
  readonly identity: Identity
  /** Where `writer` gets tokens that Kafka takes. */
  readonly tokens: TokenEndpoint
  stop(): Promise<void>
}

export const PASSWORD = 'right-password'

/** Those who log in by PLAIN: `keeper` may do everything, `stranger` nothing. */
const USERS = ['writer', 'keeper', 'stranger']

const SECURITY = 'org.apache.kafka.common.security'
/** The host for which the certificate of `elsewhere` stands. */
export const ELSEWHERE = 'kafka.elsewhere.example'

export async function startSecureKafka(): Promise<SecureKafka> {
  const folder = await mkdtemp(join(tmpdir(), 'exhook-kafka-secure-'))
  const authority = await createAuthority()
  const tokens = await startTokenEndpoint({ clients: { writer: PASSWORD } })
  const ports = { broker: await freePort(), controller: await freePort() }
  const names = Object.keys(DOORS) as Door[]
  const addresses = await Promise.all(names.map(async (door) => [door, `127.0.0.1:${await freePort()}`]))
  const doors = Object.fromEntries(addresses) as Record<Door, string>
  const jwks = join(folder, 'jwks.json')
  await writeFile(jwks, tokens.jwks)
  await writeFile(join(folder, 'ca.pem'), authority.cert)
  await writePair(folder, 'good', await authority.issue('broker'))
  await writePair(folder, 'expired', await authority.issue('broker', { endsInMs: -1000 }))
  await writePair(folder, 'elsewhere', await authority.issue('broker', { names: [ELSEWHERE] }))

  const open = `PLAINTEXT://127.0.0.1:${ports.broker}`
  const listeners = [open, ...names.map((door) => `${door.toUpperCase()}://${doors[door]}`)].join(',')
  const protocols = names.map((door) => `${door.toUpperCase()}:${DOORS[door]}`)
  const kafka = await startKafka({
    ports,
    jvmFlags: ['-XX:TieredStopAtLevel=1', `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=file://${jwks}`],
    properties: {
      listeners: `${listeners},CONTROLLER://127.0.0.1:${ports.controller}`,
      'advertised.listeners': listeners,
      'listener.security.protocol.map': ['PLAINTEXT:PLAINTEXT', 'CONTROLLER:PLAINTEXT', ...protocols].join(
        ',',
      ),
      'ssl.keystore.type': 'PEM',
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': join(folder, 'ca.pem'),
      'ssl.principal.mapping.rules': 'RULE:^CN=([a-z]+)$/$1/,DEFAULT',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS;User:keeper',
      // What a broker lets those wait who have been refused; no test is about that.
      'connection.failed.authentication.delay.ms': 0,
      ...Object.assign({}, ...names.map((door) => settingsOf(door, folder))),
    },
  })
  await addScramUser(kafka.bootstrap, 'writer', PASSWORD, 'SCRAM-SHA-256')
  await addScramUser(kafka.bootstrap, 'writer', PASSWORD, 'SCRAM-SHA-512')
  return {
    kafka,
    doors,
    authority,
    identity: await authority.issue('writer'),
    tokens,
    async stop() {
      await Promise.all([kafka.stop(), tokens.close()])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Lets `writer` write these topics. */
export async function allowWriting({ kafka }: SecureKafka, topics: readonly string[]): Promise<void> {
  for (const topic of topics) await allow(kafka.bootstrap, 'User:writer', topic, ['Describe', 'Write'])
}

async function writePair(folder: string, name: string, { cert, key }: Identity): Promise<void> {
  await writeFile(join(folder, `${name}.pem`), `${key}\n${cert}\n`)
}

function settingsOf(door: Door, folder: string): Record<string, string | number> {
  const protocol = DOORS[door]
  const certificate = door.startsWith('expired') ? 'expired' : door === 'elsewhere' ? 'elsewhere' : 'good'
  const mechanisms = door === 'unencrypted' ? 'PLAIN' : 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER'
  const settings: Record<string, string | number> = {}
  const set = (name: string, value: string | number) => {
    settings[`listener.name.${door.toLowerCase()}.${name}`] = value
  }
  if (protocol.endsWith('SSL')) set('ssl.keystore.location', join(folder, `${certificate}.pem`))
  if (protocol === 'SSL') {
    set('ssl.client.auth', 'required')
    return settings
  }
  set('sasl.enabled.mechanisms', mechanisms)
  set(
    'plain.sasl.jaas.config',
    `${SECURITY}.plain.PlainLoginModule required ${USERS.map((user) => `user_${user}="${PASSWORD}"`).join(' ')} ;`,
  )
  if (door === 'unencrypted') return settings
  for (const hash of ['256', '512']) {
    set(`scram-sha-${hash}.sasl.jaas.config`, `${SECURITY}.scram.ScramLoginModule required ;`)
  }
  set('oauthbearer.sasl.jaas.config', `${SECURITY}.oauthbearer.OAuthBearerLoginModule required ;`)
  set(
    'oauthbearer.sasl.server.callback.handler.class',
    `${SECURITY}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
  )
  set('oauthbearer.sasl.oauthbearer.jwks.endpoint.url', `file://${join(folder, 'jwks.json')}`)
  set('oauthbearer.sasl.oauthbearer.expected.audience', 'kafka')
  if (door === 'brief') {
    for (const mechanism of mechanisms.split(',')) {
      set(`${mechanism.toLowerCase()}.connections.max.reauth.ms`, BRIEF_MS)
    }
  }
  return settings
}
