import { quoted } from '../text/quoted.ts'
import type { Mistake } from './config-error.ts'
import type { NamedOption } from './option-list.ts'

/** Where a user wrote something. */
export type Place =
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'flag'; readonly name: string }

/** What a user wrote for one option, as text: not yet read as the option's format. */
export interface Setting {
  readonly option: NamedOption
  readonly text: string
  readonly place: Place
}

/** All that one source says: the file, the environment or the flags. */
export interface Layer {
  readonly settings: readonly Setting[]
  readonly mistakes: readonly Mistake[]
}

/** A mistake at its place. `path` is the key it is about; without one the message speaks for itself. */
export function mistakeAt(place: Place, path: string | undefined, message: string): Mistake {
  switch (place.kind) {
    case 'file': {
      const { file, line, column } = place
      return { file, line, column, message: path === undefined ? message : `${path}: ${message}` }
    }
    case 'env':
      return { message: `${place.name}: ${message}` }
    case 'flag':
      return { message: `--${place.name}: ${message}` }
  }
}

/** The place in the middle of a sentence: `config.yaml:3:5`, `EXHOOK_GRPC_PORT`, `--grpc-port`. */
export function describePlace(place: Place): string {
  switch (place.kind) {
    case 'file':
      return `${place.file}:${place.line}:${place.column}`
    case 'env':
      return place.name
    case 'flag':
      return `--${place.name}`
  }
}

/** Why a secret is refused where others can read it, and what to do. */
export function misplacedSecret(env: string, fileOption: string, where: string): string {
  return `a secret is not taken from ${where}: set ${env}, or put it in a file of its own and name that by ${fileOption}`
}

/** `must be …, not …`; the text is left out when it is a secret or may hold one. */
export function wrongValue(option: NamedOption, text: string): string {
  // `user:password@broker:9092` is what people try, and `http://emqx:18083/?token=…`.
  const hasLogin = text.includes('@')
  const hasQuery = option.format.unit === 'url' && /[?#]/.test(text)
  const mayBeSecret = option.secret === true || hasLogin || hasQuery
  const fromKubernetes = /^(tcp|udp|sctp):\/\//.test(text)
  return [
    `must be ${option.format.expects}`,
    ...(mayBeSecret ? [] : [`, not ${quoted(text)}`]),
    ...(hasLogin && option.login !== undefined ? [` (a login goes into ${option.login})`] : []),
    ...(fromKubernetes
      ? [' (Kubernetes sets this variable for a Service of that name: `enableServiceLinks: false` stops it)']
      : []),
  ].join('')
}
