import type { Logger } from 'pino'
import type { Compression, KafkaConfig, SaslConfig } from '../config/config.ts'
import { createClientCredentials } from './client-credentials.ts'
import type { KafkaLogin } from './login.ts'
import { createMskIamTokens } from './msk-iam-token.ts'
import { createTlsSource, type TlsSource } from './tls-source.ts'
import { createTokenSource } from './token-source.ts'

/** How to reach and to speak with the cluster. */
export interface KafkaClientConfig {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly connectionTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly compression: Compression
  /** null: plain text. */
  readonly tls: TlsSource | null
  /** null: no authentication. */
  readonly sasl: KafkaLogin | null
}

export interface KafkaClientDeps {
  /** Gives the text of a file as UTF-8, or throws. */
  readonly readFile: (path: string) => string
  readonly log: Logger
}

/**
 * The drivers' configuration from the section a user writes. What several clients can share is made once: the tokens, and what the
 * TLS files hold.
 */
export function kafkaClientConfig(config: KafkaConfig, deps: KafkaClientDeps): KafkaClientConfig {
  return {
    brokers: config.brokers,
    clientId: config.clientId,
    connectionTimeoutMs: config.connectionTimeoutMs,
    requestTimeoutMs: config.requestTimeoutMs,
    compression: config.compression,
    tls: config.tls ? createTlsSource(config, deps) : null,
    sasl: loginOf(config.sasl, deps),
  }
}

/** Whom the brokers take us for, to be read after "grant … to". */
export function whoWeAre({ sasl, tlsCertFile }: KafkaConfig): string {
  switch (sasl.mechanism) {
    case 'none':
      return tlsCertFile === null
        ? 'whom Kafka takes us for without a login'
        : 'whom Kafka takes us for by kafka.tls_cert_file'
    case 'oauthbearer':
      return 'whom Kafka takes us for by our token (kafka.sasl.oauth.client_id)'
    case 'aws-msk-iam':
      return 'our IAM role (kafka-cluster:DescribeTopic and kafka-cluster:WriteData)'
    default:
      return 'the user of kafka.sasl.username'
  }
}

/** Config has checked that what belongs to a mechanism is there. */
function loginOf(sasl: SaslConfig, { readFile, log }: KafkaClientDeps): KafkaLogin | null {
  const { mechanism, oauth, aws } = sasl
  switch (mechanism) {
    case 'none':
      return null
    case 'oauthbearer': {
      const { tokenUrl, clientId, clientSecret, caFile, scope, audience } = oauth
      const fetchToken = createClientCredentials(
        {
          tokenUrl: tokenUrl ?? '',
          clientId: clientId ?? '',
          clientSecret: clientSecret ?? '',
          scope,
          audience,
        },
        { ca: () => (caFile === null ? null : readFile(caFile)) },
      )
      return { mechanism, token: createTokenSource({ fetchToken, log }) }
    }
    case 'aws-msk-iam':
      return {
        mechanism: 'oauthbearer',
        token: createTokenSource({ fetchToken: createMskIamTokens(aws.region ?? ''), log }),
      }
    default:
      return { mechanism, username: sasl.username ?? '', password: sasl.password ?? '' }
  }
}
