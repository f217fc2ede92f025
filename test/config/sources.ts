import type { Config } from '../../src/config/config.ts'
import { ConfigError } from '../../src/config/config-error.ts'
import { type ConfigSources, loadConfig } from '../../src/config/load-config.ts'

/** What a test says about where the configuration comes from; `yaml` stands in `config.yaml`, named by --config. */
export interface Given {
  readonly yaml?: string
  readonly env?: Readonly<Record<string, string>>
  readonly argv?: readonly string[]
  /** Further files by path. */
  readonly files?: Readonly<Record<string, string>>
}

export function sources({ yaml, env = {}, argv = [], files = {} }: Given): ConfigSources {
  const all = new Map(Object.entries(yaml === undefined ? files : { ...files, 'config.yaml': yaml }))
  return {
    argv: yaml === undefined ? argv : ['--config', 'config.yaml', ...argv],
    env,
    readFile: (path) => {
      const text = all.get(path)
      if (text === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' })
      return text
    },
  }
}

export function load(given: Given): Config {
  return loadConfig(sources(given))
}

/** The lines of the ConfigError that loading gives. */
export function mistakesOf(given: Given): readonly string[] {
  try {
    load(given)
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}

/** The value at a path of the file's keys, in the camelCase of Config. */
export function valueAt(config: Config, path: string): unknown {
  const keys = path.split('.').map((key) => key.replace(/_[a-z]/g, (part) => part.slice(1).toUpperCase()))
  return keys.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], config)
}

/** `a.b.c` and a text as a YAML file with that one key. */
export function yamlWith(path: string, text: string): string {
  const keys = path.split('.')
  const lines = keys.map((key, i) => `${'  '.repeat(i)}${key}:`)
  return `${lines.join('\n')} ${text}\n`
}
