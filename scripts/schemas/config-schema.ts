import type { JsonSchema } from '../../src/config/json-schema.ts'
import { type NamedOption, ROOT, type Section } from '../../src/config/option-list.ts'

/** The JSON Schema of the configuration file, made of the options themselves. */
export const configSchema = (): JsonSchema => ({
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Configuration of exhook-kafka',
  ...sectionSchema(ROOT),
})

/** A section of which all keys are commented out is one without keys. Secrets are none of the file's. */
function sectionSchema(section: Section): { readonly [word: string]: unknown } {
  const properties = Object.fromEntries(
    [...section].flatMap(([key, child]) => {
      if (child instanceof Map) return [[key, sectionSchema(child)]]
      return (child as NamedOption).secret ? [] : [[key, optionSchema(child as NamedOption)]]
    }),
  )
  return { type: ['object', 'null'], properties, additionalProperties: false }
}

function optionSchema({ doc, default: value, format }: NamedOption): JsonSchema {
  const shown = format.unit === 'bytes' && value !== null ? format.show(value) : value
  return { description: doc, ...(value !== null && { default: shown }), ...(format.schema as object) }
}
