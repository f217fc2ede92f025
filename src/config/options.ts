import { DEAD_LETTER_TOPIC } from '../rules/kafka-topic.ts'
import type { Config } from './config.ts'
import type { Format } from './formats.ts'
import * as formats from './formats.ts'

/** What a user can set, and all that there is to say about it. */
export interface Option<T> {
  readonly format: Format<NonNullable<T>>
  /** null: not set unless the user does. */
  readonly default: T
  /** One sentence for the reference; the unit is not repeated. */
  readonly doc: string
  /** Never shown, never taken from a flag or from the configuration file; has a sibling `<key>_file`. */
  readonly secret?: true
  /** Where a login belongs that somebody writes into the value. */
  readonly login?: string
  /** A path; the file has to be readable at start. */
  readonly readable?: true
}

type SnakeCase<S extends string> = S extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${SnakeCase<Rest>}`
  : S

/** An option for each leaf of T, under the snake_case of its name: the compiler keeps options and Config in step. */
export type OptionTree<T> = {
  readonly [K in keyof T & string as SnakeCase<K>]-?: NonNullable<T[K]> extends readonly unknown[]
    ? Option<Exclude<T[K], undefined>>
    : NonNullable<T[K]> extends object
      ? OptionTree<T[K]>
      : Option<Exclude<T[K], undefined>>
}

const KIB = 1024
const MIB = 1024 * KIB

/** Every option: the key in the file is its path here; `option-list.ts` derives variable and flag from it. */
export const OPTIONS: OptionTree<Config> = {
  rules: {
    format: formats.path,
    default: 'rules.yaml',
    doc: 'The rules file: which events go to which Kafka topic.',
  },
  workers: {
    format: formats.workers,
    default: '1',
    doc: 'Processes that serve the hook port; `auto`: one for each core. Bounds of queue, disk and connections are of each.',
  },
  grpc: {
    host: {
      format: formats.host,
      default: '127.0.0.1',
      doc: "Address to listen on for EMQX's hook calls. Any other than loopback needs `grpc.tls`.",
    },
    port: { format: formats.port, default: 9000, doc: 'Port for hook calls; 0 takes any free one.' },
    tls: {
      format: formats.oneOf('on', 'off'),
      default: null,
      doc: 'Talk TLS on this port. `off` says that plain text on `grpc.host` is meant; not set: plain text, on loopback only.',
    },
    tls_cert_file: {
      format: formats.path,
      default: null,
      doc: 'PEM file of our certificate, those of intermediate authorities behind it. Read again when it changes.',
    },
    tls_key_file: {
      format: formats.path,
      default: null,
      doc: 'PEM file of its private key, without a passphrase. Read again when it changes.',
    },
    tls_client_ca_file: {
      format: formats.path,
      default: null,
      doc: 'PEM file of authorities: only clients with a certificate that one of them signed are let in. Read again when it changes.',
    },
    tls_client_names: {
      format: formats.certificateNames,
      default: null,
      doc: "Only clients are let in whose certificate has one of these names among its subjectAltName's DNS names and URIs; not set: any.",
    },
    tls_min_version: {
      format: formats.tlsVersion,
      default: '1.2',
      doc: 'The oldest version of TLS that is spoken.',
    },
    handshake_timeout_ms: {
      format: formats.positiveMs,
      default: 10_000,
      doc: 'How long a client may take for the TLS handshake before it is cut.',
    },
    transport: {
      format: formats.oneOf('grpc-js', 'lean'),
      default: 'grpc-js',
      doc: "What speaks HTTP/2: @grpc/grpc-js, or this project's own server of unary calls, which takes a fraction of the CPU and answers sooner.",
    },
    max_receive_bytes: {
      format: formats.bytes,
      default: 16 * MIB,
      doc: 'The largest hook call that is taken; keep it above the MQTT packet limit of EMQX.',
    },
    max_connections: {
      format: formats.count,
      default: 1024,
      doc: 'Further connections are closed at once. An EMQX node opens `pool_size` of them, 8 by default.',
    },
  },
  reply: {
    margin_ms: {
      format: formats.ms,
      default: 500,
      doc: "A reply that waits goes out this long before EMQX's own deadline.",
    },
  },
  kafka: {
    driver: {
      format: formats.oneOf('kafkajs', 'platformatic'),
      default: 'kafkajs',
      doc: 'The Kafka client: kafkajs, or @platformatic/kafka, which takes less CPU.',
    },
    brokers: {
      format: formats.brokers,
      default: ['127.0.0.1:9092'],
      login: 'kafka.sasl.username and kafka.sasl.password_file',
      doc: 'Bootstrap brokers.',
    },
    client_id: {
      format: formats.text,
      default: 'exhook-kafka',
      doc: 'The name under which brokers see this client, in their logs and quotas.',
    },
    linger_ms: {
      format: formats.ms,
      default: 5,
      doc: 'How long a batch waits for more records.',
    },
    batch_max_records: { format: formats.count, default: 1000, doc: 'The most records in one batch.' },
    batch_max_bytes: {
      format: formats.bytes,
      default: 512 * KIB,
      doc: 'The most bytes in one batch before compression; a single larger record goes alone.',
    },
    compression: {
      format: formats.oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd'),
      default: 'none',
      doc: 'How batches are compressed.',
    },
    request_timeout_ms: {
      format: formats.positiveMs,
      default: 30_000,
      doc: 'How long a request to a broker may take before it is sent again.',
    },
    connection_timeout_ms: {
      format: formats.positiveMs,
      default: 3000,
      doc: 'How long connecting to a broker may take.',
    },
    tls: { format: formats.bool, default: false, doc: 'Talk TLS to the brokers.' },
    tls_ca_file: {
      format: formats.path,
      default: null,
      readable: true,
      doc: "PEM file of the authorities that sign the brokers' certificates; when not set, those that Node.js brings and NODE_EXTRA_CA_CERTS.",
    },
    tls_cert_file: {
      format: formats.path,
      default: null,
      readable: true,
      doc: 'PEM file of the certificate that we show to the brokers, with those between it and its authority.',
    },
    tls_key_file: {
      format: formats.path,
      default: null,
      readable: true,
      doc: 'PEM file of the private key that belongs to `kafka.tls_cert_file`.',
    },
    tls_key_passphrase: {
      format: formats.text,
      default: null,
      secret: true,
      doc: 'Passphrase of the private key, where it is encrypted. Only from the environment.',
    },
    tls_key_passphrase_file: {
      format: formats.path,
      default: null,
      doc: 'File that holds the passphrase instead.',
    },
    tls_server_name: {
      format: formats.host,
      default: null,
      doc: "Name that the brokers' certificates stand for, where it is not the host that is connected to.",
    },
    sasl: {
      mechanism: {
        format: formats.oneOf(
          'none',
          'plain',
          'scram-sha-256',
          'scram-sha-512',
          'oauthbearer',
          'aws-msk-iam',
        ),
        default: 'none',
        doc: 'How to log in to the brokers.',
      },
      username: {
        format: formats.text,
        default: null,
        doc: 'User name for the login by plain and scram-….',
      },
      password: {
        format: formats.text,
        default: null,
        secret: true,
        doc: 'Password for the login by plain and scram-…. Only from the environment.',
      },
      password_file: {
        format: formats.path,
        default: null,
        doc: 'File that holds the password instead; a newline at its end is left out.',
      },
      oauth: {
        token_url: {
          format: formats.safeUrl,
          default: null,
          doc: 'Where tokens for oauthbearer are had: the token endpoint of the OAuth server.',
        },
        client_id: { format: formats.text, default: null, doc: 'Who we are to the OAuth server.' },
        client_secret: {
          format: formats.text,
          default: null,
          secret: true,
          doc: 'Our secret at the OAuth server. Only from the environment.',
        },
        client_secret_file: {
          format: formats.path,
          default: null,
          doc: 'File that holds the secret instead.',
        },
        scope: {
          format: formats.text,
          default: null,
          doc: 'The scope to ask for; several with spaces between.',
        },
        audience: {
          format: formats.text,
          default: null,
          doc: 'The audience to ask for, where the OAuth server wants one.',
        },
        ca_file: {
          format: formats.path,
          default: null,
          readable: true,
          doc: 'PEM file of the authorities for `kafka.sasl.oauth.token_url`; when not set, those that Node.js brings and NODE_EXTRA_CA_CERTS.',
        },
      },
      aws: {
        region: {
          format: formats.awsRegion,
          default: null,
          doc: 'The AWS region of the MSK cluster, for aws-msk-iam.',
        },
      },
    },
    topics: {
      create: {
        format: formats.bool,
        default: false,
        doc: 'Create the topics of the rules and `dead_letters.topic` where they are missing.',
      },
      partitions: {
        format: formats.smallCount,
        default: null,
        doc: "Partitions of a topic that is created; the broker's own default when not set.",
      },
      replication: {
        format: formats.smallCount,
        default: null,
        doc: "Replicas of a topic that is created; the broker's own default when not set.",
      },
      config: {
        format: formats.topicConfig,
        default: null,
        doc: "Kafka's settings of a topic that is created, as in `retention.ms=86400000,cleanup.policy=compact,delete`; in the file also as a map.",
      },
    },
    max_topics: {
      format: formats.count,
      default: 1000,
      doc: 'The most Kafka topics that records may go to.',
    },
    topic_error_ttl_ms: {
      format: formats.ms,
      default: 600_000,
      doc: 'How long Kafka may refuse a topic before the records bound for it go to the dead letters.',
    },
    max_record_age_ms: {
      format: formats.ms,
      default: 0,
      doc: 'Records that have waited longer are dropped when their batch is formed; 0: however long.',
    },
  },
  dead_letters: {
    topic: {
      format: formats.topicOrOff,
      default: DEAD_LETTER_TOPIC,
      doc: 'The Kafka topic of records that Kafka refuses elsewhere; `off`: none.',
    },
    file: {
      format: formats.path,
      default: null,
      doc: 'File for dead letters that reach no topic, a line of JSON each; created when it is needed.',
    },
    file_max_bytes: {
      format: formats.bytes,
      default: 64 * MIB,
      doc: 'When the file is this large, further ones are dropped and counted.',
    },
  },
  queue: {
    max_records: {
      format: formats.count,
      default: 100_000,
      doc: 'The most records between EMQX and Kafka, those in flight included; with a disk, the most in memory.',
    },
    max_bytes: {
      format: formats.bytes,
      default: 64 * MIB,
      doc: 'The most bytes of encoded records between EMQX and Kafka; with a disk, the most in memory.',
    },
    max_waiters: {
      format: formats.count,
      default: 10_000,
      doc: 'The most calls that wait for room, with at most `queue.max_bytes` of records; further ones are refused at once.',
    },
    lane_share: {
      format: formats.share,
      default: 0.5,
      doc: 'The part of the queue that one Kafka topic may hold.',
    },
    unhealthy_lane_share: {
      format: formats.share,
      default: 0.1,
      doc: 'The part of the queue that a Kafka topic may hold while Kafka refuses it.',
    },
    disk: {
      path: {
        format: formats.path,
        default: null,
        doc: 'Directory that keeps the queue over restarts and crashes, for one process at a time; not set: memory only.',
      },
      max_bytes: {
        format: formats.bytes,
        default: 1024 * MIB,
        doc: 'The most bytes of all files in it; three quarters of that hold records, the rest is room to work.',
      },
      sync_ms: {
        format: formats.ms,
        default: 5,
        doc: 'How long records wait to be written and synced together.',
      },
      sync_bytes: {
        format: formats.bytes,
        default: MIB,
        doc: 'They are written sooner when so many bytes wait.',
      },
    },
  },
  stop: {
    deadline_ms: {
      format: formats.ms,
      default: 25_000,
      doc: 'How long a stop may take to drain the queue to Kafka; what is left then stays on disk, or is counted as lost where there is none.',
    },
  },
  http: {
    host: {
      format: formats.host,
      default: '127.0.0.1',
      doc: 'Address to listen on for health, readiness, metrics, and what needs `http.token`.',
    },
    port: { format: formats.port, default: 8080, doc: 'Port for the same; 0 takes any free one.' },
    token: {
      format: formats.token,
      default: null,
      secret: true,
      doc: 'Opens the pages that show more or that act, where `http.host` is not loopback. Only from the environment.',
    },
    token_file: {
      format: formats.path,
      default: null,
      doc: 'File that holds the token instead; a new one in it is in force within a second or two.',
    },
  },
  hooks: {
    filters: {
      format: formats.oneOf('exact', 'wide'),
      default: 'exact',
      doc: 'What EMQX is asked for: the topic filters of the rules (`exact`), or every topic of their hooks (`wide`), so that rules with other filters need no re-load.',
    },
  },
  emqx: {
    max_packet_bytes: {
      format: formats.bytes,
      default: MIB,
      doc: 'The largest packet that EMQX takes (its `mqtt.max_packet_size`), for a warning when a Kafka topic cannot hold it.',
    },
    api_url: {
      format: formats.httpUrl,
      default: null,
      login: 'emqx.api_key_file and emqx.api_secret_file',
      doc: "Where EMQX's dashboard and REST API listen, as http://emqx:18083; for `register`, and for `serve` to compare its hooks and have it load this server again.",
    },
    api_key: {
      format: formats.text,
      default: null,
      secret: true,
      doc: "API key for EMQX's REST API. Only from the environment.",
    },
    api_key_file: {
      format: formats.path,
      default: null,
      doc: 'File that holds the API key instead.',
    },
    api_secret: {
      format: formats.text,
      default: null,
      secret: true,
      doc: 'Secret of the API key. Only from the environment.',
    },
    api_secret_file: {
      format: formats.path,
      default: null,
      doc: 'File that holds the secret of the API key instead.',
    },
    provider_name: {
      format: formats.providerName,
      default: 'exhook_kafka',
      doc: 'The name under which EMQX knows this server.',
    },
  },
  log: {
    level: {
      format: formats.oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
      default: 'info',
      doc: 'The least important message that is logged.',
    },
  },
}
