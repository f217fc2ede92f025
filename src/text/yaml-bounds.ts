import { type Document, isScalar, type Node, visit } from 'yaml'

/** Of these a YAML text is made: each may become an object of the parser, some hundred bytes and some µs. */
const STRUCTURE = new Set(Array.from('\n\r\t,:[]{}#&*!|>\'"%@`?-', (char) => char.charCodeAt(0)))
/** Some 20,000 rules. The parser takes some seconds and some hundred MB for so much at worst. */
const MAX_STRUCTURE = 300_000

/** More mistakes than this are not told: they have one cause, or nobody reads them. */
export const MAX_MISTAKES = 500

/** Why a YAML text is too large to be parsed; null when it is not. Looks at each character once. */
export function yamlSizeProblem(text: string, maxLength: number): string | null {
  if (text.length > maxLength) return `it has ${text.length} characters: ${maxLength} are allowed`
  let structure = 0
  for (let i = 0; i < text.length; i++) {
    if (STRUCTURE.has(text.charCodeAt(i)) && ++structure > MAX_STRUCTURE)
      return 'it has too many lines, lists or quotes: split it'
  }
  return null
}

/**
 * The keys that stand in their map a second time. To be asked of a document that was parsed without `uniqueKeys`, for which the
 * parser compares each key with all those before it.
 */
export function duplicateKeys(document: Document): readonly Node[] {
  const duplicates: Node[] = []
  visit(document, {
    Map(_key, map) {
      const seen = new Set<unknown>()
      for (const { key } of map.items as { key: Node }[]) {
        if (!isScalar(key)) continue
        if (seen.has(key.value)) duplicates.push(key)
        seen.add(key.value)
      }
    },
  })
  return duplicates
}
