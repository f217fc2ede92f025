import type { Config } from './config.ts'
import { camelCase, SECRETS } from './option-list.ts'

/** Every secret of this configuration, and EMQX's key with its secret as HTTP sends them: for a redactor, not for use. */
export function secretValues(config: Config): readonly string[] {
  const { apiKey, apiSecret } = config.emqx
  return [...SECRETS.map(({ secret }) => valueAt(config, secret.path)), `${apiKey}:${apiSecret}`].filter(
    (value) => typeof value === 'string',
  )
}

/** The value of an option by its path in the file. */
export function valueAt(config: Config, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[camelCase(key)], config)
}
