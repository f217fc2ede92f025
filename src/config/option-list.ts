import type { Format } from './formats.ts'
import { OPTIONS, type Option } from './options.ts'

/** An option with its names: everything is derived from its path. */
export interface NamedOption extends Omit<Option<unknown>, 'format'> {
  readonly format: Format<unknown>
  /** In the file: `queue.max_records`. */
  readonly path: string
  /** In the environment: `EXHOOK_QUEUE_MAX_RECORDS`. */
  readonly env: string
  /** On the command line, without the dashes: `queue-max-records`. */
  readonly flag: string
}

/** The keys of one section of the file: options and further sections. */
export type Section = ReadonlyMap<string, NamedOption | Section>

export const ENV_PREFIX = 'EXHOOK_'

export function envOf(path: string): string {
  return ENV_PREFIX + path.replaceAll('.', '_').toUpperCase()
}

export function flagOf(path: string): string {
  return path.replaceAll(/[._]/g, '-')
}

/** `max_records` of the file is `maxRecords` of Config. */
export function camelCase(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** The keys of the file as maps, so that a key like `__proto__` is just unknown. */
export const ROOT: Section = sectionOf(OPTIONS as unknown as Record<string, unknown>, '')

/** Every option, in the order of `options.ts`. */
export const OPTION_LIST: readonly NamedOption[] = [...leavesOf(ROOT)]

export const OPTION_BY_PATH: ReadonlyMap<string, NamedOption> = new Map(OPTION_LIST.map((o) => [o.path, o]))

/** Each secret with the option that names a file to read it from. */
export const SECRETS: readonly { readonly secret: NamedOption; readonly file: NamedOption }[] =
  OPTION_LIST.flatMap((secret) => {
    const file = OPTION_BY_PATH.get(`${secret.path}_file`)
    return secret.secret && file ? [{ secret, file }] : []
  })

function sectionOf(tree: Record<string, unknown>, prefix: string): Section {
  return new Map(
    Object.entries(tree).map(([key, node]) => {
      const path = prefix + key
      const child = node as Option<unknown> | Record<string, unknown>
      // As for convict: what has a default is an option, what has none is a section.
      return [
        key,
        isOption(child)
          ? { ...child, path, env: envOf(path), flag: flagOf(path) }
          : sectionOf(child, `${path}.`),
      ]
    }),
  )
}

function isOption(node: Option<unknown> | Record<string, unknown>): node is Option<unknown> {
  return Object.hasOwn(node, 'default')
}

function* leavesOf(section: Section): Generator<NamedOption> {
  for (const child of section.values()) {
    if (child instanceof Map) yield* leavesOf(child)
    else yield child as NamedOption
  }
}
