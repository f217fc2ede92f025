/** The names that stand more than once in a JSON object, each once. `text` is one that JSON.parse takes. */
export function duplicateFields(text: string): readonly string[] {
  const seen = new Set<string>()
  const twice = new Set<string>()
  let depth = 0
  // In JSON a string is a name exactly where a colon follows it.
  for (const [token, name] of text.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (name !== undefined && depth === 1) {
      const field = String(JSON.parse(name))
      if (seen.has(field)) twice.add(field)
      seen.add(field)
    }
  }
  return [...twice]
}
