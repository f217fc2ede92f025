/** Horizontal bars under a title. */
export interface BarGroup {
  readonly title: string
  readonly unit: string
  readonly bars: readonly Bar[]
}

export interface Bar {
  readonly label: string
  readonly value: number
  /** Ours, in the stronger colour. */
  readonly strong: boolean
}

const WIDTH = 760
const LABEL_WIDTH = 290
const VALUE_WIDTH = 90
const BAR_HEIGHT = 20
const TITLE_HEIGHT = 40
const MARGIN = 12
const STRONG = '#1f6feb'
const WEAK = '#9aa4b2'

/** A picture as SVG, of values of at least 0; each group has a scale of its own. Groups without bars are left out. */
export function barChart(groups: readonly BarGroup[]): string {
  const shown = groups.filter(({ bars }) => bars.length > 0)
  const parts: string[] = []
  let y = MARGIN
  for (const { title, unit, bars } of shown) {
    parts.push(text(MARGIN, y + 24, title, 'font-weight="bold" font-size="14"'))
    y += TITLE_HEIGHT
    const largest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE)
    for (const { label, value, strong } of bars) {
      const width = ((WIDTH - LABEL_WIDTH - VALUE_WIDTH - 2 * MARGIN) * value) / largest
      const left = MARGIN + LABEL_WIDTH
      parts.push(
        text(left - 8, y + 14, label, `text-anchor="end"${strong ? ' font-weight="bold"' : ''}`),
        `<rect x="${left}" y="${y + 2}" width="${width.toFixed(1)}" height="${BAR_HEIGHT - 5}" rx="2" fill="${strong ? STRONG : WEAK}"/>`,
        text(Number((left + width + 6).toFixed(1)), y + 14, `${shortNumber(value)} ${unit}`),
      )
      y += BAR_HEIGHT
    }
    y += MARGIN
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" font-family="sans-serif" font-size="12" fill="#24292f">`,
    `<rect width="${WIDTH}" height="${y}" fill="#ffffff"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n')
}

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x}" y="${y}"${more === '' ? '' : ` ${more}`}>${escapeXml(words)}</text>`

/** Three figures that mean something. */
export const shortNumber = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)

export const escapeXml = (words: string): string =>
  words.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c)
