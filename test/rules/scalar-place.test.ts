import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMap, isScalar, LineCounter, parseDocument, Scalar, stringify } from 'yaml'
import { placeInScalar, type ScalarStyle } from '../../src/rules/scalar-place.ts'

/** The source of the value of the key `a`, how it is written, its text, and where it begins in the file. */
function scalarOf(file: string) {
  const { contents } = parseDocument(file, { lineCounter: new LineCounter() })
  const node = isMap(contents) ? contents.get('a', true) : null
  if (!isScalar(node) || node.range == null) throw new Error('no scalar')
  const [start, end] = node.range
  return { source: file.slice(start, end), style: node.type as ScalarStyle, text: String(node.value) }
}

/** What the source has from the place of each `@` of the text on. */
function found(...lines: string[]): readonly string[] {
  const { source, style, text } = scalarOf(`${lines.join('\n')}\n`)
  const places = [...text.matchAll(/@/g)].map(({ index }) => placeInScalar(source, style, text, index))
  return places.map((place) => source.slice(place, place + 2))
}

describe('the place of a character', () => {
  it.each<[string, string[]]>([
    ['plain', ['a: x @1']],
    ['plain over several lines', ['a: x', '  y', '', '  @1']],
    ['in single quotes', ["a: 'it''s @1'"]],
    ['in single quotes over several lines', ["a: 'it''s", "   so'' @1'"]],
    ['in double quotes', ['a: "x \\"y\\" @1"']],
    ['behind escapes', ['a: "\\u0041\\x42\\U0001F600\\t\\n\\\\ @1"']],
    ['behind a continued line', ['a: "x\\', '    \\ y', '', '    @1"']],
    ['in a literal block', ['a: |', '    x', '', '      @1']],
    ['in a folded one', ['a: >- # folded @@', '  x', '  y @1', '', '  z']],
    ['in one that keeps its lines and says how it is indented', ['a: |2+', '    x', '  @1', '']],
    ['behind characters beyond the basic plane', ['a: >', '  \u{1F600}', '  @1']],
  ])('%s', (_title, lines) => {
    expect(found(...lines)).toEqual(['@1'])
  })

  it('at the end is behind the last one', () => {
    for (const lines of [['a: x =='], ['a: |', '  x ==', ''], ['a: >-', '  x', '  =='], ['a: "x =="']]) {
      const { source, style, text } = scalarOf(`${lines.join('\n')}\n`)
      const place = placeInScalar(source, style, text, text.trimEnd().length)
      expect(source.slice(place - 2, place)).toBe('==')
    }
  })

  it('with Windows line ends', () => {
    const { source, style, text } = scalarOf('a: |\r\n  x\r\n  @1\r\n')
    expect(source.slice(placeInScalar(source, style, text, text.indexOf('@'))).startsWith('@1')).toBe(true)
  })
})

it('is that of a character, whatever the text and however it is written', () => {
  const styles = fc.constantFrom<ScalarStyle[]>(
    'PLAIN',
    'QUOTE_SINGLE',
    'QUOTE_DOUBLE',
    'BLOCK_LITERAL',
    'BLOCK_FOLDED',
  )
  const texts = fc.array(
    fc.constantFrom('a', 'b c', '"', "'", '\\', '\n', '\t', '  ', 'é', '\u{1F600}', '\u0007'),
  )
  fc.assert(
    fc.property(
      texts,
      texts,
      styles,
      fc.integer({ min: 20, max: 60 }),
      (before, after, wanted, lineWidth) => {
        const text = `${before.join('')}@${after.join('')}`
        const node = new Scalar(text)
        node.type = wanted
        const written = scalarOf(stringify({ a: node }, { lineWidth }))
        // The library does not give every text back that it folds.
        fc.pre(written.text === text)
        const place = placeInScalar(written.source, written.style, text, text.indexOf('@'))
        expect(written.source[place]).toBe('@')
      },
    ),
    { numRuns: 500 },
  )
})
