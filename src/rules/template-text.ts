/** A part of a template: text that is meant as it is, or the name of a variable. */
export type TemplatePart = { readonly literal: string } | { readonly variable: string }

/**
 * Takes a template apart: `${variable}` is a variable, `$${` a literal `${`, and a `$` before anything else is itself.
 * `open`: a `${` has no `}`; the text from there is taken literally.
 */
export function parseTemplate(text: string): {
  readonly parts: readonly TemplatePart[]
  readonly open: boolean
} {
  const parts: TemplatePart[] = []
  let literal = ''
  let at = 0
  const flush = () => {
    if (literal !== '') parts.push({ literal })
    literal = ''
  }
  while (at < text.length) {
    const dollar = text.indexOf('$', at)
    if (dollar === -1) break
    literal += text.slice(at, dollar)
    if (text.startsWith('$${', dollar)) {
      literal += '${'
      at = dollar + 3
    } else if (text.startsWith('${', dollar)) {
      const close = text.indexOf('}', dollar)
      if (close === -1) {
        literal += text.slice(dollar)
        flush()
        return { parts, open: true }
      }
      flush()
      parts.push({ variable: text.slice(dollar + 2, close) })
      at = close + 1
    } else {
      literal += '$'
      at = dollar + 1
    }
  }
  literal += text.slice(at)
  flush()
  return { parts, open: false }
}

/** Whether the text has a variable in it. */
export const hasVariables = (text: string): boolean =>
  parseTemplate(text).parts.some((part) => 'variable' in part)
