import type { JsonSchema } from '../../src/config/json-schema.ts'

/** A schema as an object, so that words can be added to it. */
export type Schema = { readonly [word: string]: unknown }

export const described = (description: string, schema: Schema): Schema => ({ description, ...schema })

export const text: Schema = { type: 'string' }
export const oneOf = (words: readonly unknown[]): Schema => ({ enum: words })
export const wholeNumber = (maximum: number): Schema => ({ type: 'integer', minimum: 0, maximum })
export const fits = (pattern: string): Schema => ({ type: 'string', pattern })

/** One of something, or a list of them without repetitions. */
export const oneOrMore = (one: Schema): Schema => ({
  anyOf: [one, { type: 'array', items: one, minItems: 1, uniqueItems: true }],
})

/** A map with these keys and no others. */
export const map = (
  properties: Readonly<Record<string, JsonSchema>>,
  required: readonly string[] = [],
): Schema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})

/** A map whose keys the user chooses. */
export const anyMap = (value: JsonSchema): Schema => ({ type: 'object', additionalProperties: value })

/** Any of these keys is a mistake. */
export const without = (...keys: readonly string[]): Schema => ({
  properties: Object.fromEntries(keys.map((key) => [key, false])),
})

/** A pattern that takes capitals and small letters alike: JSON Schema has no flag for it. */
export const anyCase = (pattern: string): string =>
  pattern.replaceAll(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`)
