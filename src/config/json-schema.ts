/** A part of a JSON Schema, draft 2020-12 or 7: only words that both know. */
export type JsonSchema = boolean | { readonly [word: string]: unknown }
