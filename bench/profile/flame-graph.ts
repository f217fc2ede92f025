import { escapeXml } from '../report/bar-chart.ts'
import type { CallNode } from './cpu-profile.ts'
import { type Group, groupOf, shortPlace } from './function-groups.ts'

const WIDTH = 1200
const ROW = 16
const HEAD = 30
/** Narrower frames are left out: they would be most of the file and nobody could see them. */
const SMALLEST_SHARE = 0.0015
const PIXELS_A_LETTER = 6.2

const COLORS: Readonly<Record<Group, string>> = {
  http2: '#8ab4f8',
  decode: '#fdd663',
  match: '#fcad70',
  serialize: '#f28b82',
  enqueue: '#c58af9',
  reply: '#78d9ec',
  kafka: '#81c995',
  telemetry: '#d7aefb',
  gc: '#e06666',
  native: '#bdc1c6',
  node: '#dadce0',
}

/** A flame graph as SVG, the callers above the called; what stands in a frame's title is shown by a browser when it is pointed at. */
export function flameGraph(root: CallNode, title: string): string {
  const all = root.totalMicroseconds
  const frames: string[] = []
  let deepest = 0
  const draw = (node: CallNode, left: number, depth: number, inherited: Group): void => {
    const share = node.totalMicroseconds / all
    if (!(share >= SMALLEST_SHARE)) return
    const group = groupOf(node) ?? inherited
    deepest = Math.max(deepest, depth)
    frames.push(frameOf(node, { left, share, depth, group }))
    let at = left
    for (const child of node.children) {
      draw(child, at, depth + 1, group)
      at += child.totalMicroseconds / all
    }
  }
  draw(root, 0, 0, 'node')
  const height = HEAD + (deepest + 1) * ROW + 4
  const legend = Object.entries(COLORS).map(
    ([group, color], i) =>
      `<rect x="${WIDTH - 70 * (11 - i)}" y="8" width="10" height="10" fill="${color}"/><text x="${WIDTH - 70 * (11 - i) + 13}" y="17">${group}</text>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="monospace" font-size="10">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="4" y="18" font-size="12" font-weight="bold">${escapeXml(title)}</text>`,
    ...legend,
    ...frames,
    '</svg>\n',
  ].join('\n')
}

function frameOf(
  node: CallNode,
  { left, share, depth, group }: { left: number; share: number; depth: number; group: Group },
): string {
  const [x, width] = [left * WIDTH, share * WIDTH]
  const y = HEAD + depth * ROW
  const letters = Math.floor((width - 4) / PIXELS_A_LETTER)
  const percent = `${(share * 100).toFixed(1)} %`
  const label =
    letters >= 3
      ? `<text x="${(x + 2).toFixed(1)}" y="${y + 11}">${escapeXml(node.name.slice(0, letters))}</text>`
      : ''
  const title = escapeXml(`${node.name} ${shortPlace(node.url)}: ${percent}`)
  return `<g><title>${title}</title><rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${COLORS[group]}"/>${label}</g>`
}
