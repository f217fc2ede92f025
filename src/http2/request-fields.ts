import { sizeOf } from './hpack/dynamic-table.ts'

/** The fields of one request, as far as anybody asks for them. Values are latin1, as they came. */
export interface RequestFields {
  readonly method: string
  readonly path: string
  /** By lower-case name; of several with one name the last. */
  readonly others: ReadonlyMap<string, string>
  /** The list is larger than this server takes: nothing else is told of it. */
  readonly tooLarge: boolean
  /** The bytes of DATA that the sender says it sends. */
  readonly contentLength: number | null
}

/** A header list that breaks the rules of a request is malformed [RFC 9113, 8.1.1]. */
export type ReadFields = RequestFields | 'malformed'

/** Collects the fields of one block. */
export interface FieldCollector {
  /** To be called with each field, in order. */
  readonly take: (name: string, value: string) => void
  /** Of a request's first block. */
  request(): ReadFields
  /** Of its last block: whether it is well-formed. Nobody looks into trailers of a request. */
  isTrailers(): boolean
}

const PSEUDO = new Set([':method', ':scheme', ':path', ':authority'])
const NEEDED = [':method', ':scheme', ':path']
/** What belongs to one hop of HTTP/1.1 [8.2.2]. */
const OF_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])
/** [8.2.1]: no controls, no upper case, no space, nothing beyond ASCII, no colon but a first one. */
const REGULAR_NAME = /^[!-9;-@[-~]+$/
/** [8.2.1]: none of NUL, LF and CR; no space or tab at either end. */
const BAD_VALUE = /[\0\n\r]|^[ \t]|[ \t]$/
const DIGITS = /^\d{1,15}$/

export function createFieldCollector(maxListBytes: number): FieldCollector {
  const pseudo = new Map<string, string>()
  const others = new Map<string, string>()
  let bytes = 0
  let malformed = false

  function take(name: string, value: string): void {
    bytes += sizeOf(name, value)
    // Read to its end all the same: the decoder needs every block.
    if (bytes > maxListBytes || malformed) return
    malformed = name.startsWith(':') ? !takePseudo(name, value) : !takeRegular(name, value)
  }

  /** [8.3]: known, once, and before all others. */
  function takePseudo(name: string, value: string): boolean {
    if (!PSEUDO.has(name) || pseudo.has(name) || others.size > 0) return false
    pseudo.set(name, value)
    return !BAD_VALUE.test(value)
  }

  function takeRegular(name: string, value: string): boolean {
    if (!REGULAR_NAME.test(name) || BAD_VALUE.test(value)) return false
    if (OF_CONNECTION.has(name) || (name === 'te' && value !== 'trailers')) return false
    if (name === 'content-length' && (!DIGITS.test(value) || (others.get(name) ?? value) !== value))
      return false
    others.set(name, value)
    return true
  }

  return {
    take,
    request() {
      if (bytes > maxListBytes) return TOO_LARGE
      if (malformed || NEEDED.some((name) => (pseudo.get(name) ?? '') === '')) return 'malformed'
      const length = others.get('content-length')
      return {
        method: pseudo.get(':method') as string,
        path: pseudo.get(':path') as string,
        others,
        tooLarge: false,
        contentLength: length === undefined ? null : Number(length),
      }
    },
    isTrailers: () => !malformed && pseudo.size === 0,
  }
}

const TOO_LARGE: RequestFields = {
  method: '',
  path: '',
  others: new Map(),
  tooLarge: true,
  contentLength: null,
}
