import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

export interface TokenFetchConfig {
  /** The PEM text of the authorities to trust; null: those that Node.js brings. */
  readonly ca: string | null
  /** How long an answer may take, in ms. */
  readonly timeoutMs: number
}

interface RequestOptions {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** A token with all its claims is some KiB. */
const MAX_BYTES = 256 * 1024

/**
 * A fetch for one request, as oauth4webapi takes it: Node's own cannot be told whom to trust. Follows no redirects, keeps no
 * connection, and bounds the answer in time and size. Rejects with the system's error.
 */
export function createTokenFetch({ ca, timeoutMs }: TokenFetchConfig) {
  return (url: string, { method, headers, body }: RequestOptions): Promise<Response> =>
    new Promise((resolve, reject) => {
      const request = /^https:/i.test(url) ? requestHttps : requestHttp
      const options = { method, headers: { ...headers, connection: 'close' }, ...(ca !== null && { ca }) }
      const asked = request(
        url,
        { ...options, agent: false, signal: AbortSignal.timeout(timeoutMs) },
        (answer) => {
          const chunks: Buffer[] = []
          let bytes = 0
          answer.on('data', (chunk: Buffer) => {
            bytes += chunk.length
            if (bytes > MAX_BYTES) asked.destroy(new Error(`the answer is longer than ${MAX_BYTES} bytes`))
            else chunks.push(chunk)
          })
          answer.on('end', () =>
            resolve(responseOf(answer.statusCode ?? 0, answer.headers, Buffer.concat(chunks))),
          )
          answer.on('error', (error) => reject(named(error, timeoutMs)))
        },
      )
      asked.on('error', (error) => reject(named(error, timeoutMs)))
      asked.end(body === undefined ? undefined : String(body))
    })
}

function responseOf(
  status: number,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: Buffer,
): Response {
  // Response takes no status outside of these, and no body with some of them.
  if (status < 200 || status > 599) throw new Error(`the answer has the status ${status}`)
  const pairs = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  )
  return new Response([204, 205, 304].includes(status) ? null : new Uint8Array(body), {
    status,
    headers: pairs,
  })
}

const named = (error: Error, timeoutMs: number): Error =>
  error.name === 'AbortError' || error.name === 'TimeoutError'
    ? new Error(`no answer within ${timeoutMs} ms`)
    : error
