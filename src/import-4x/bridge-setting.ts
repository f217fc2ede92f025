import { isHost, isHostAndPort } from '../config/hosts.ts'
import { formatBytes, parseBytes } from '../config/sizes.ts'
import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { shownText } from '../text/shown.ts'
import type { ConfSetting } from './conf-lines.ts'
import { type Finding, note, problem, warning } from './finding.ts'

/** A key of config.yaml that a line sets. */
export interface ImportedOption {
  readonly line: number
  /** As `kafka.brokers`. */
  readonly path: string
  readonly value: string | boolean | readonly string[]
}

export interface BridgeSetting {
  readonly options: readonly ImportedOption[]
  readonly findings: readonly Finding[]
}

type Reader = (line: number, value: string) => BridgeSetting

const PREFIX = 'bridge.kafka.'

const said = (...findings: readonly Finding[]): BridgeSetting => ({ options: [], findings })
const set = (line: number, path: string, value: ImportedOption['value']): BridgeSetting => ({
  options: [{ line, path, value }],
  findings: [],
})
/** Nothing is to be set for it. */
const noted =
  (text: string): Reader =>
  (line) =>
    said(note(line, text))
const warned =
  (text: string): Reader =>
  (line) =>
    said(warning(line, text))

const SOCKET = noted("the sizes of sockets' buffers are the operating system's here")
const REPLAYQ = warned(
  'the queue is in memory, bounded by queue.max_records and queue.max_bytes, unless a queue on disk is configured (see the README); what still lies in the old directory is not read',
)
const CLIENT_CERTIFICATE = warned(
  'certificates of our own cannot be shown to Kafka by this version: use SASL, or ask for it',
)

/**
 * The settings of `etc/plugins/emqx_bridge_kafka.conf`, from EMQ's own documentation of Enterprise 3.0 to 4.4; the last
 * lines are of 2.x. Those of TLS and SASL are documented nowhere and read as their names say.
 */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['servers', brokers],
  ['connection_strategy', noted('there is one connection for each broker here; nothing is to be set')],
  ['min_metadata_refresh_interval', noted('metadata are read again when a broker says that they are old')],
  ['query_api_versions', queryApiVersions],
  ['produce', produce],
  [
    'produce.sync_timeout',
    noted("a call waits until reply.margin_ms before EMQX's own request_timeout (`register`: 5s)"),
  ],
  ['replayq_dir', REPLAYQ],
  ['producer.replayq_seg_bytes', REPLAYQ],
  ['producer.required_acks', requiredAcks],
  ['producer.ack_timeout', noted('a batch is sent again after kafka.request_timeout_ms (30 s)')],
  ['producer.max_batch_bytes', maxBatchBytes],
  ['producer.min_batch_bytes', noted('a batch waits kafka.linger_ms (5 ms) for more records, not for bytes')],
  [
    'producer.max_send_ahead',
    noted('one batch at a time is under way for each Kafka topic, in strict order'),
  ],
  ['producer.compression', compression],
  ['compression', compression],
  ['encode_payload_type', payloadType],
  ['sock.buffer', SOCKET],
  ['sock.recbuf', SOCKET],
  ['sock.sndbuf', SOCKET],
  ['sock.read_packets', SOCKET],
  ['sock.read_buffer', SOCKET],
  ['ssl', tls],
  ['ssl.enable', tls],
  [
    'ssl.cacertfile',
    (line, value) => ({
      ...set(line, 'kafka.tls_ca_file', value),
      findings: [warning(line, `copy ${quoted(value)} to where exhook-kafka runs`)],
    }),
  ],
  ['ssl.certfile', CLIENT_CERTIFICATE],
  ['ssl.keyfile', CLIENT_CERTIFICATE],
  ['sasl.mechanism', saslMechanism],
  ['sasl.username', (line, value) => set(line, 'kafka.sasl.username', value)],
  ['sasl.password', warned('put the password into EXHOOK_KAFKA_SASL_PASSWORD, or a file by …_FILE')],
  ['partition_strategy', partitionStrategy],
  ['parition_strategy', partitionStrategy],
])

/** 2.x had `bridge.kafka.pool1.server` and `….pool_size`. */
const POOL = /^[\w-]+\.(server|pool_size)$/

/** Reads a line about the connection to Kafka. Never throws. */
export function readBridgeSetting({ line, key, value }: ConfSetting): BridgeSetting {
  if (!key.startsWith(PREFIX)) {
    return said(problem(line, `${quoted(key)} is no setting of the Kafka bridge: nothing was made of it`))
  }
  const name = key.slice(PREFIX.length)
  const ofPool = POOL.exec(name)?.[1]
  const reader = READERS.get(name) ?? (ofPool === 'server' ? brokers : undefined)
  if (reader !== undefined)
    return value === '' ? said(problem(line, 'the value is empty')) : reader(line, value)
  if (ofPool === 'pool_size') return said(note(line, 'there is one connection for each broker here'))
  const text = `unknown setting ${quoted(key)}${suggestion(name, READERS.keys())}: nothing was made of it`
  return said(problem(line, text))
}

/** Kafka's own, which EMQX 4.x took too. */
const DEFAULT_PORT = 9092

/** Each server by itself: one that is not understood does not take the others with it. */
function brokers(line: number, value: string): BridgeSetting {
  const all = value.split(',').flatMap((part) => part.trim() || [])
  const read = all.map((text) => ({ text, broker: brokerOf(text) }))
  const good = [...new Set(read.flatMap(({ broker }) => broker ?? []))]
  const without = read.filter(({ text, broker }) => broker !== null && broker !== text)
  const wrong = read.filter(({ broker }) => broker === null)
  // `user:password@host` is what people try.
  const shown = wrong.map(({ text }) => (text.includes('@') ? 'one with a user name' : quoted(text)))
  const kept =
    good.length === 0
      ? 'nothing was made of it, set kafka.brokers by hand'
      : `left out of kafka.brokers, where the others are: ${good.join(', ')}`
  return {
    options: good.length === 0 ? [] : [{ line, path: 'kafka.brokers', value: good }],
    findings: [
      ...(without.length === 0
        ? []
        : [
            warning(
              line,
              `no port in ${without.map(({ text }) => quoted(text)).join(', ')}: ${DEFAULT_PORT} was taken, Kafka's default`,
            ),
          ]),
      ...(shown.length === 0 && all.length > 0
        ? []
        : [problem(line, `not host:port: ${shown.join(', ') || quoted(value)}: ${kept}`)]),
    ],
  }
}

/** `host:port`, with Kafka's port where there is none; null: it is no address. */
function brokerOf(text: string): string | null {
  if (isHostAndPort(text)) return text
  const withPort =
    text.includes(':') && isHost(text) ? `[${text}]:${DEFAULT_PORT}` : `${text}:${DEFAULT_PORT}`
  return isHostAndPort(withPort) ? withPort : null
}

function queryApiVersions(line: number, value: string): BridgeSetting {
  return value === 'false'
    ? said(warning(line, 'brokers are always asked for their versions: they need Kafka 0.11 or newer'))
    : said(note(line, 'brokers are always asked for their versions'))
}

function produce(line: number, value: string): BridgeSetting {
  const sync =
    'the call is answered as soon as the record is in the queue here; `reply: delivered` in a rule waits for Kafka, as `sync` did'
  if (value === 'sync' || value === 'async')
    return said(note(line, value === 'sync' ? sync : 'as here by default (`reply: queued`)'))
  return said(problem(line, `${quoted(value)} is neither sync nor async: choose \`reply\` in the rules`))
}

function requiredAcks(line: number, value: string): BridgeSetting {
  return ['all_isr', 'leader_only', 'none'].includes(value)
    ? said(note(line, 'all in-sync replicas always acknowledge here (acks=all)'))
    : said(
        problem(line, `${quoted(value)} is none of all_isr, leader_only, none; here it is always acks=all`),
      )
}

function maxBatchBytes(line: number, value: string): BridgeSetting {
  // EMQX's KB is 1,024 bytes.
  const bytes = parseBytes(value.replace(/(?<=\d)\s*([kmg])b$/i, '$1iB'))
  return bytes !== undefined && bytes >= 1
    ? set(line, 'kafka.batch_max_bytes', formatBytes(bytes))
    : said(problem(line, `${quoted(value)} is no size: set kafka.batch_max_bytes by hand`))
}

function compression(line: number, value: string): BridgeSetting {
  const known = ['gzip', 'snappy', 'lz4', 'zstd']
  if (value === 'no_compression' || value === 'none') return set(line, 'kafka.compression', 'none')
  return known.includes(value)
    ? set(line, 'kafka.compression', value)
    : said(problem(line, `unknown compression ${quoted(value)}: set kafka.compression by hand`))
}

function payloadType(line: number, value: string): BridgeSetting {
  if (value === 'base64') return said(note(line, 'payloads are base64, as here'))
  return value === 'plain'
    ? said(
        warning(
          line,
          'payloads are base64 in the format `bridge`, not plain text: let the consumers decode the field `payload`',
        ),
      )
    : said(problem(line, `${quoted(value)} is neither base64 nor plain; here payloads are base64`))
}

function tls(line: number, value: string): BridgeSetting {
  if (value === 'on' || value === 'true') return set(line, 'kafka.tls', true)
  return value === 'off' || value === 'false'
    ? set(line, 'kafka.tls', false)
    : said(problem(line, `${quoted(value)} is neither on nor off: set kafka.tls by hand`))
}

function saslMechanism(line: number, value: string): BridgeSetting {
  const mechanism = value.toLowerCase().replaceAll('_', '-')
  return ['none', 'plain', 'scram-sha-256', 'scram-sha-512'].includes(mechanism)
    ? set(line, 'kafka.sasl.mechanism', mechanism)
    : said(problem(line, `${shownText(value)} is none of plain, scram_sha_256, scram_sha_512`))
}

function partitionStrategy(line: number, value: string): BridgeSetting {
  const text = `the partition follows each rule's key here, by default the client id, not ${quoted(value)}: write \`key: null\` where any partition will do`
  return said(warning(line, text))
}
