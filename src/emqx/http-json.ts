import { createRedactor, REDACTED } from '../text/redactor.ts'
import { shownText } from '../text/shown.ts'
import { EmqxApiError, type EmqxApiErrorKind } from './api-error.ts'

export interface HttpJsonConfig {
  /** Origin and path before `/api/v5`, as `http://emqx:18083`. */
  readonly baseUrl: string
  /** For HTTP basic authentication. Never in an error. */
  readonly key: string
  readonly secret: string
  /** How long an answer may take, body included, in ms. */
  readonly timeoutMs: number
  /** The same for what changes something: EMQX answers that when it has loaded the provider, or failed to. */
  readonly writeTimeoutMs: number
  /** The largest answer that is read, in bytes. */
  readonly maxBytes: number
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** As `/api/v5/exhooks`. */
  readonly path: string
  readonly body?: object
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined
}

/** Gives the answer's JSON, undefined for an empty one. @throws EmqxApiError, and nothing else. */
export type RequestJson = (request: HttpRequest) => Promise<unknown>

/** Longer messages of the server are cut. */
const MAX_MESSAGE = 300

/**
 * Requests by Node's fetch, one connection to a host, answers bounded in time and size. Redirects are not followed: the key is
 * for this host only.
 */
export function createRequestJson(config: HttpJsonConfig): RequestJson {
  const base = config.baseUrl.replace(/\/+$/, '')
  const authorization = `Basic ${Buffer.from(`${config.key}:${config.secret}`).toString('base64')}`
  // What EMQX quotes of our request could be a secret of ours.
  const redact = createRedactor([config.secret, config.key, `${config.key}:${config.secret}`], {
    minLength: 1,
  })

  return async ({ method, path, body, signal }) => {
    const timeoutMs = method === 'GET' ? config.timeoutMs : config.writeTimeoutMs
    const timeout = AbortSignal.timeout(timeoutMs)
    const fail = (kind: EmqxApiErrorKind, what: string): never => {
      throw new EmqxApiError(kind, `${method} ${shownText(base)}${shownText(path)}: ${what}`)
    }
    let response: Response
    let text: string | null
    try {
      response = await fetch(`${base}${path}`, {
        method,
        redirect: 'manual',
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
        headers: {
          authorization,
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      text = await boundedText(response, config.maxBytes)
    } catch (error) {
      if (signal?.aborted) return fail('unreachable', 'it was interrupted')
      if (timeout.aborted) return fail('timeout', `no answer within ${timeoutMs} ms`)
      return fail('unreachable', connectionProblem(error))
    }
    if (text === null) return fail('not-emqx', `the answer is longer than ${config.maxBytes} bytes`)
    const { status } = response
    if (status >= 300 && status < 400)
      return fail(
        'not-emqx',
        `it redirects elsewhere (${status}): name the address where EMQX itself answers`,
      )
    const json = parsed(text)
    if (response.ok && json !== NO_JSON) return json
    if (response.ok) return fail('not-emqx', `the answer is not JSON but ${contentType(response)}`)
    const said = messageOf(json, redact)
    return fail(kindOf(status), `${status}${said === '' ? '' : `, ${said}`}`)
  }
}

const NO_JSON = Symbol('no JSON')

function parsed(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return NO_JSON
  }
}

/** null: it is longer. The rest is not read. */
async function boundedText(response: Response, maxBytes: number): Promise<string | null> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxBytes) return null // leaving the loop cancels the body
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function kindOf(status: number): EmqxApiErrorKind {
  switch (status) {
    case 401:
      return 'unauthorized'
    case 403:
      return 'forbidden'
    case 404:
      return 'not-found'
    default:
      return status >= 500 ? 'failed' : 'refused'
  }
}

/** EMQX's `{"code": …, "message": …}` in one line. */
function messageOf(json: unknown, redact: (text: string) => string): string {
  if (typeof json !== 'object' || json === null) return ''
  const { code, message } = json as { readonly code?: unknown; readonly message?: unknown }
  const text = typeof message === 'string' ? message : JSON.stringify(message ?? '')
  const said = [typeof code === 'string' ? code : '', text]
    .filter((part) => part !== '' && part !== '""')
    .join(': ')
  const hidden = redact(said).replaceAll(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, REDACTED)
  return shownText(hidden.length > MAX_MESSAGE ? `${hidden.slice(0, MAX_MESSAGE)}…` : hidden)
}

function contentType(response: Response): string {
  return shownText((response.headers.get('content-type') ?? 'of no type').slice(0, 80))
}

/** What is behind fetch's "fetch failed". */
function connectionProblem(error: unknown): string {
  const { cause } = error as { readonly cause?: { readonly code?: unknown; readonly message?: unknown } }
  const code = typeof cause?.code === 'string' ? cause.code : ''
  switch (code) {
    case 'ECONNREFUSED':
      return 'nobody listens there (ECONNREFUSED)'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `there is no such host (${code})`
    default: {
      const said = code || (typeof cause?.message === 'string' ? cause.message : '')
      return `the connection failed${said === '' ? '' : ` (${shownText(said.slice(0, MAX_MESSAGE))})`}`
    }
  }
}
