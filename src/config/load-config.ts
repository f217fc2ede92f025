import convict from 'convict'
import type { Config } from './config.ts'
import { ConfigError, type Mistake } from './config-error.ts'
import { CROSS_CHECKS } from './cross-checks.ts'
import { type Env, readEnvironment } from './from-environment.ts'
import { readConfigText } from './from-file.ts'
import { type FlagAliases, readFlags } from './from-flags.ts'
import { camelCase, type NamedOption, ROOT, type Section } from './option-list.ts'
import { type Layer, mistakeAt } from './setting.ts'
import { mergeLayers, type ReadFile, tryRead, type Values } from './values.ts'

/** Where a configuration comes from. Nothing is read from the process itself. */
export interface ConfigSources {
  /** The words after the name of the command; `--help`, `--version` and `--print-config` are passed over. */
  readonly argv: readonly string[]
  /** Other names of its flags; default: none. */
  readonly flagAliases?: FlagAliases
  readonly env: Env
  /** Gives the text of a file as UTF-8, or throws as `readFileSync` does. */
  readonly readFile: ReadFile
}

/**
 * The configuration: flags over environment over file over defaults. The file is the one that `--config` names, else
 * EXHOOK_CONFIG, else none. Throws a ConfigError with every mistake of every source, and nothing else.
 */
export function loadConfig(sources: ConfigSources): Config {
  const { config, mistakes } = readConfig(sources)
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return config
}

/**
 * As loadConfig, but with the mistakes beside the configuration, which then has defaults in the place of what is wrong:
 * for looking at what else is wrong, not for use.
 */
export function readConfig({ argv, flagAliases, env, readFile }: ConfigSources): {
  readonly config: Config
  readonly mistakes: readonly Mistake[]
} {
  const flags = readFlags(argv, flagAliases)
  const environment = readEnvironment(env)
  const file = readFileLayer(flags.configPath ?? environment.configPath, readFile)
  const layers = [file, environment, flags]
  const merged = mergeLayers(layers, readFile)
  const config = assemble(merged)
  const mistakes = [
    ...layers.flatMap((layer) => layer.mistakes),
    ...merged.mistakes,
    ...crossCheck(config, merged),
  ]
  return { config, mistakes: inOrder(mistakes) }
}

function readFileLayer(path: string | undefined, readFile: ReadFile): Layer {
  if (path === undefined) return { settings: [], mistakes: [] }
  const { text, failure } = tryRead(readFile, path)
  if (text === undefined) return { settings: [], mistakes: [{ file: path, message: failure ?? '' }] }
  return readConfigText(text, path)
}

/** Defaults and values as one typed object. convict holds the schema and checks the whole once more. */
function assemble({ values }: Values): Config {
  const store = convict<Record<string, unknown>>(schemaOf(ROOT), { args: [], env: {} })
  for (const [path, { value }] of values) store.set(path, value)
  store.validate({ allowed: 'strict' })
  return camelCaseKeys(store.getProperties()) as unknown as Config
}

function schemaOf(section: Section): convict.Schema<Record<string, unknown>> {
  return Object.fromEntries(
    [...section].map(([key, child]) => [
      key,
      child instanceof Map ? schemaOf(child) : optionSchema(child as NamedOption),
    ]),
  )
}

function optionSchema(option: NamedOption): convict.SchemaObj<unknown> {
  const { doc, env, flag, format } = option
  return {
    doc,
    env,
    arg: flag,
    default: option.default,
    nullable: option.default === null,
    sensitive: option.secret === true,
    format: (value: unknown) => {
      if (!format.accepts(value)) throw new Error(`must be ${format.expects}`)
    },
  }
}

function camelCaseKeys(node: unknown): unknown {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return node
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [camelCase(key), camelCaseKeys(value)]),
  )
}

/** What does not fit together. Nothing is said about options that are wrong by themselves. */
function crossCheck(config: Config, { values, wrong }: Values): readonly Mistake[] {
  return CROSS_CHECKS.flatMap(({ paths, find }) => {
    const message = paths.some((path) => wrong.has(path)) ? undefined : find(config)
    if (message === undefined) return []
    const path = paths.find((candidate) => values.has(candidate)) ?? paths[0]
    const place = path === undefined ? undefined : values.get(path)?.place
    return [place === undefined ? { message } : mistakeAt(place, path, message)]
  })
}

/** The file's mistakes first, from top to bottom; then the others as they were found. */
function inOrder(mistakes: readonly Mistake[]): readonly Mistake[] {
  const lineOf = ({ file, line }: Mistake) => (file === undefined ? Number.POSITIVE_INFINITY : (line ?? 0))
  return mistakes.toSorted((a, b) => compare(lineOf(a), lineOf(b)) || compare(a.column ?? 0, b.column ?? 0))
}

function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
