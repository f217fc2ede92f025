import type { JsonSchema } from '../../src/config/json-schema.ts'
import { configSchema } from './config-schema.ts'
import { rulesSchema } from './rules-schema.ts'

/** The JSON Schemas that are shipped, by path, as text. */
export const schemaFiles = (): ReadonlyMap<string, string> =>
  new Map([
    ['schema/rules.schema.json', fileText(rulesSchema())],
    ['schema/config.schema.json', fileText(configSchema())],
  ])

const fileText = (schema: JsonSchema): string => `${JSON.stringify(schema, null, 2)}\n`
