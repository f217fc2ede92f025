import { isIP } from 'node:net'
import { isHost, isHostAndPort, isLoopback } from './hosts.ts'
import type { JsonSchema } from './json-schema.ts'
import { formatBytes, parseBytes } from './sizes.ts'

/**
 * How the values of an option are written and what they may be. File, environment and flags all give text and are
 * read by the same `parse`, so that a value means the same wherever it stands.
 */
export interface Format<T> {
  /** What may be written, to be read after "must be". */
  readonly expects: string
  /** One word for the help: `ms`, `bytes`, `port`. */
  readonly unit: string
  /** The option takes a list: in the file a YAML list or one text, elsewhere one text with commas. */
  readonly list?: true
  /** In the file, the option may also be a YAML map of `name: value`; it is read as `name=value` with commas. */
  readonly map?: true
  /** `--flag` alone, without a value, means `true`. */
  readonly switch?: true
  /** The value of the text; undefined when it is none. */
  parse(text: string): T | undefined
  /** Whether a value, from wherever, is one of this format. */
  accepts(value: unknown): boolean
  /** The value as a person would write it, so that `parse` reads it back. */
  show(value: T): string
  /**
   * What of `parse` can be told in a JSON Schema of the file, where a value is text, or what YAML takes for a number or a
   * boolean. It never refuses what `parse` takes.
   */
  readonly schema: JsonSchema
}

/** Timers of Node hold at most this many ms; longer ones would fire at once. */
const MAX_TIMER_MS = 2_147_483_647

function integer(unit: string, min: number, max: number, expects: string): Format<number> {
  const accepts = (value: unknown) =>
    Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
  return {
    expects,
    unit,
    parse: (text) => (/^\d+$/.test(text) && accepts(Number(text)) ? Number(text) : undefined),
    accepts,
    show: String,
    schema: { type: ['integer', 'string'], minimum: min, maximum: max, pattern: '^\\d+$' },
  }
}

/** A TCP port to listen on; 0 takes any free one. */
export const port = integer('port', 0, 65_535, 'a port from 0 to 65535')

/** How many of something, at least 1. */
export const count = integer('count', 1, Number.MAX_SAFE_INTEGER, 'a whole number of at least 1')

/** How many of something of which Kafka has few, at least 1: replicas are an int16 to Kafka. */
export const smallCount = integer('count', 1, 32_767, 'a whole number from 1 to 32767')

/** A time in ms that may be 0. */
export const ms = integer('ms', 0, MAX_TIMER_MS, `a whole number of ms from 0 to ${MAX_TIMER_MS}`)

/** A time in ms that is no time at all when 0. */
export const positiveMs = integer('ms', 1, MAX_TIMER_MS, `a whole number of ms from 1 to ${MAX_TIMER_MS}`)

/** Processes on one machine, at most as many as are of use on any. */
const MAX_WORKERS = 256

/** How many processes, or the word that the machine decides: as text, since convict would make a number of any. */
export const workers: Format<string> = {
  expects: `a whole number from 1 to ${MAX_WORKERS}, or auto`,
  unit: 'count|auto',
  parse: (text) => (workers.accepts(text) ? text : undefined),
  accepts: (value) =>
    value === 'auto' ||
    (typeof value === 'string' && /^[1-9]\d*$/.test(value) && Number(value) <= MAX_WORKERS),
  show: String,
  schema: {
    anyOf: [
      { enum: ['auto'] },
      { type: ['integer', 'string'], minimum: 1, maximum: MAX_WORKERS, pattern: '^[1-9]\\d*$' },
    ],
  },
}

/** A size in bytes, at least 1: a number, or one with a unit. */
export const bytes: Format<number> = {
  expects: 'a size of at least 1 byte, as a number of bytes or like 512KiB, 64MiB, 1GB',
  unit: 'bytes',
  parse(text) {
    const size = parseBytes(text)
    return size !== undefined && size >= 1 ? size : undefined
  },
  accepts: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  show: formatBytes,
  schema: {
    type: ['integer', 'string'],
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    pattern: '^\\d+(\\.\\d+)? ?([kKmMgG][iI]?[bB]|[bB])?$',
  },
}

/** A part of a whole: above 0, up to 1. */
export const share: Format<number> = {
  expects: 'a number above 0 and up to 1',
  unit: 'share',
  parse: (text) => (/^\d*\.?\d+$/.test(text) && share.accepts(Number(text)) ? Number(text) : undefined),
  accepts: (value) => typeof value === 'number' && value > 0 && value <= 1,
  show: String,
  schema: {
    type: ['number', 'string'],
    exclusiveMinimum: 0,
    maximum: 1,
    pattern: '^0*(\\.\\d*[1-9]\\d*|1(\\.0+)?)$',
  },
}

export const bool: Format<boolean> = {
  expects: 'true or false',
  unit: 'true|false',
  switch: true,
  parse: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  accepts: (value) => typeof value === 'boolean',
  show: String,
  schema: { enum: [true, false, 'true', 'false'] },
}

/** One of some words. */
export function oneOf<const W extends string>(...words: readonly W[]): Format<W> {
  const accepts = (value: unknown): value is W => words.includes(value as W)
  return {
    expects: words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`,
    unit: words.join('|'),
    parse: (text) => (accepts(text) ? text : undefined),
    accepts,
    show: String,
    schema: { enum: words },
  }
}

/** A version of TLS. YAML takes it for a number. */
export const tlsVersion: Format<'1.2' | '1.3'> = {
  ...oneOf('1.2', '1.3'),
  schema: { enum: ['1.2', '1.3', 1.2, 1.3] },
}

/** `pattern`: what every good text fits. */
function word(
  unit: string,
  expects: string,
  isGood: (text: string) => boolean,
  pattern?: string,
): Format<string> {
  return {
    expects,
    unit,
    parse: (text) => (isGood(text) ? text : undefined),
    accepts: (value) => typeof value === 'string' && isGood(value),
    show: String,
    // A name or a password may look like a number: the text as it is written counts.
    schema: {
      type: ['string', 'number', 'boolean'],
      minLength: 1,
      ...(pattern !== undefined && { pattern }),
    },
  }
}

/** Any text but none. */
export const text = word('text', 'a text that is not empty', (value) => value !== '')

/** A token for HTTP's `Authorization: Bearer`. */
export const token = word(
  'token',
  'a token of 16 to 512 characters, without blanks, accents and control characters (`openssl rand -hex 32` makes one)',
  (value) => /^[\x21-\x7e]{16,512}$/.test(value),
)

const TOPIC = '^(?!__)[a-zA-Z0-9._-]{1,249}$'

/** A topic that records may be sent to, or the word that none is. */
export const topicOrOff = word(
  'topic|off',
  'the name of a Kafka topic (letters, digits, `.`, `_`, `-`), or `off`',
  (value) => new RegExp(TOPIC).test(value) && value !== '.' && value !== '..',
  TOPIC,
)

/** The path of a file; a relative one starts from the working directory. */
export const path = word('path', 'the path of a file', (value) => value !== '' && !value.includes('\0'))

/** An address or a name to listen on. */
export const host = word('host', 'an IP address or a host name, without port', isHost)

/** Where an HTTP server is, without user name, query and fragment: secrets have places of their own. */
export const httpUrl = word(
  'url',
  'an address like http://emqx:18083, without user name or password',
  isHttpUrl,
  '^[hH][tT][tT][pP][sS]?://',
)

function isHttpUrl(value: string): boolean {
  if (!URL.canParse(value) || !/^https?:\/\//i.test(value) || /[\s\\]/.test(value)) return false
  const { username, password, search, hash } = new URL(value)
  return username === '' && password === '' && search === '' && hash === ''
}

/** An HTTP address to which secrets go: nobody else may read along. */
export const safeUrl = word(
  'url',
  'an https:// address without user name, password or query; http:// only on this machine (127.0.0.1, localhost)',
  (value) => isHttpUrl(value) && (/^https:/i.test(value) || isLoopback(hostIn(value))),
  '^[hH][tT][tT][pP][sS]?://',
)

/** Without the brackets of an IPv6 address. */
const hostIn = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')

const AWS_REGION = '^[a-z]{2,}(-[a-z]+)+-\\d+$'

export const awsRegion = word(
  'region',
  'an AWS region like eu-central-1',
  (value) => new RegExp(AWS_REGION).test(value),
  AWS_REGION,
)

const PROVIDER_NAME = '^[A-Za-z0-9][A-Za-z0-9_-]{0,255}$'

/** The name of a provider in EMQX, as its schema takes it. */
export const providerName = word(
  'name',
  'a name that EMQX takes: letters, digits, `-` and `_`, a letter or a digit first, 256 at most',
  (value) => new RegExp(PROVIDER_NAME).test(value),
  PROVIDER_NAME,
)

/** One `host:port` or more. */
export const brokers: Format<readonly string[]> = {
  expects: 'a list of host:port, without user name or scheme',
  unit: 'host:port,…',
  list: true,
  parse(value) {
    const parts = value.split(',').map((part) => part.trim())
    return brokers.accepts(parts) ? parts : undefined
  },
  accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((part) => isHostAndPort(part)),
  show: (value) => value.join(','),
  schema: {
    anyOf: [
      { type: 'array', items: { type: 'string', pattern: ':\\d+\\s*$' }, minItems: 1 },
      { type: 'string', pattern: ':\\d+\\s*$' },
    ],
  },
}

const URI = /^[a-z][a-z0-9+.-]*:[^\s,]+$/i

const isCertificateName = (name: string): boolean => URI.test(name) || (isHost(name) && isIP(name) === 0)

/** Names as a certificate has them: DNS names and URIs. */
export const certificateNames: Format<readonly string[]> = {
  expects: 'a list of DNS names or URIs as certificates have them',
  unit: 'name,…',
  list: true,
  parse(value) {
    const names = value.split(',').map((name) => name.trim())
    return certificateNames.accepts(names) ? names : undefined
  },
  accepts: (value) =>
    Array.isArray(value) && value.length > 0 && value.every((name) => isCertificateName(name)),
  show: (value) => value.join(','),
  schema: {
    anyOf: [
      { type: 'array', items: { type: ['string', 'number', 'boolean'], minLength: 1 }, minItems: 1 },
      { type: ['string', 'number', 'boolean'], minLength: 1 },
    ],
  },
}

/** A name as Kafka's settings of a topic have them, and a value with no end of line in it. */
const TOPIC_SETTING = /^([a-z][a-z0-9]*(?:[._-][a-z0-9]+)*)=([^\p{C}\s,](?:[^\p{C}]*[^\p{C}\s,])?)$/u

/**
 * Kafka's settings of a topic, `name=value` each. Commas stand between them and may stand in a value
 * (`cleanup.policy=compact,delete`): what has no `=` belongs to the setting before it. Whether Kafka knows the names
 * and takes the values is for Kafka to say.
 */
export const topicConfig: Format<readonly string[]> = {
  expects: "Kafka's settings of a topic as name=value,…, no name twice",
  unit: 'name=value,…',
  list: true,
  map: true,
  parse(value) {
    const settings: string[] = []
    for (const part of value.split(',').map((one) => one.trim())) {
      const last = settings.length - 1
      if (part.includes('=') || last < 0) settings.push(part.replace(/ *= */, '='))
      else settings[last] += `,${part}`
    }
    return topicConfig.accepts(settings) ? settings : undefined
  },
  accepts(value) {
    if (!Array.isArray(value) || value.length === 0) return false
    const names = value.map((one) => (typeof one === 'string' ? TOPIC_SETTING.exec(one)?.[1] : undefined))
    return !names.includes(undefined) && new Set(names).size === names.length
  },
  show: (value) => value.join(','),
  schema: {
    anyOf: [
      { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] }, minProperties: 1 },
      { type: 'array', items: { type: 'string', pattern: '=' }, minItems: 1 },
      { type: 'string', pattern: '=' },
    ],
  },
}
