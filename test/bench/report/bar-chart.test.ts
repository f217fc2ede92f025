import { expect, it } from 'vitest'
import { barChart, escapeXml, shortNumber } from '../../../bench/report/bar-chart.ts'

it('draws a bar for each value, by the scale of its group', () => {
  const svg = barChart([
    {
      title: 'CPU & more',
      unit: 'µs',
      bars: [
        { label: 'a<b', value: 10, strong: true },
        { label: 'c', value: 40, strong: false },
      ],
    },
    { title: 'nothing', unit: 'ms', bars: [] },
  ])
  const widths = [...svg.matchAll(/<rect x="302" y="\d+" width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  )
  expect(widths).toHaveLength(2)
  expect((widths[1] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(4)
  expect(svg).toContain('>CPU &amp; more<')
  expect(svg).toContain('>a&lt;b<')
  expect(svg).toContain('>10.0 µs<')
  expect(svg).not.toContain('nothing')
})

it.each([
  [0.123, '0.12'],
  [12.34, '12.3'],
  [1234.5, '1235'],
])('writes %d as %s', (value, text) => expect(shortNumber(value)).toBe(text))

it('escapes what XML would take for its own', () => {
  expect(escapeXml('<a href="x">&</a>')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;')
})
