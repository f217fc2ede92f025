import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Page, textPage } from './route.ts'

/** Far more than any page takes. */
const MAX_BODY_BYTES = 64 * 1024

/** The JSON of a request, or what is answered to what is none. */
export type ReadBody = { readonly json: unknown; readonly refusal?: undefined } | { readonly refusal: Page }

const TOO_LARGE = textPage(413, `the body is longer than ${MAX_BODY_BYTES} bytes\n`)
// A form of another site can send text, and not this.
const NOT_JSON_TYPE = textPage(415, 'send `content-type: application/json`\n')
const NOT_JSON = textPage(400, 'the body is no JSON\n')

/**
 * Reads the body of a POST, 64 KiB at most; not a byte of one that says that it is longer or no JSON. `expected`: its sender waits to be
 * told to go on. null: the sender went away.
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  expected: boolean,
): Promise<ReadBody | null> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') return { refusal: NOT_JSON_TYPE }
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) return { refusal: TOO_LARGE }
  if (expected) response.writeContinue()
  const bytes = await readUpTo(request, MAX_BODY_BYTES)
  if (bytes === null) return null
  if (bytes === 'too-large') return { refusal: TOO_LARGE }
  if (bytes.length === 0) return { json: undefined }
  try {
    return { json: JSON.parse(bytes.toString('utf8')) }
  } catch {
    return { refusal: NOT_JSON }
  }
}

function readUpTo(request: IncomingMessage, maxBytes: number): Promise<Buffer | 'too-large' | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const onData = (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBytes) return void chunks.push(chunk)
      request.off('data', onData)
      request.pause()
      resolve('too-large')
    }
    request.on('data', onData)
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('close', () => resolve(null))
    request.on('error', () => resolve(null))
  })
}
