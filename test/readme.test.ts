import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { withFormatExamples } from '../scripts/format-examples.ts'
import { withOptionsTable } from '../scripts/options-in-readme.ts'
import { loadConfig } from '../src/config/load-config.ts'
import { largestRssBytes } from '../src/exhook/request-bounds.ts'
import { HOOKS } from '../src/hooks.ts'
import { createLedger } from '../src/telemetry/ledger.ts'

const ROOT = join(import.meta.dirname, '..')
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8')
const readme = read('README.md')

it('has the table of options as the options are (else: npm run docs)', () => {
  expect(withOptionsTable(readme)).toBe(readme)
})

it('has the examples of the formats as the formats are (else: npm run docs)', () => {
  const page = read('docs/formats.md')
  expect(withFormatExamples(page)).toBe(page)
})

it('names every reason for which a record or a call can be lost', () => {
  const ledger = createLedger({ queuedRecords: () => 0 }).snapshot()
  const ours = new Set(['internal', 'shutdown'])
  for (const reason of [...Object.keys(ledger.dropped), ...Object.keys(ledger.refused)]) {
    if (!ours.has(reason)) expect(readme).toContain(`reason="${reason}"`)
  }
})

it('has the bound of memory as it is', () => {
  const { queue, grpc } = loadConfig({ argv: [], env: {}, readFile: read })
  const mib =
    largestRssBytes({ queueMaxBytes: queue.maxBytes, maxReceiveBytes: grpc.maxReceiveBytes }) / 1024 ** 2
  expect(readme).toContain(`${mib} MiB with the defaults`)
})

it('names every hook point', () => {
  for (const hook of HOOKS.keys()) expect(readme).toContain(`\`${hook}\``)
})

it('names only metrics that there are', () => {
  const files = ['metrics.ts', 'topic-metrics.ts', 'rule-metrics.ts', 'http-metrics.ts', 'tls-metrics.ts']
  const source = [...files.map((file) => `src/telemetry/${file}`), 'src/workers/primary-metrics.ts']
    .map(read)
    .join('')
  for (const [name] of readme.matchAll(/\bexhook_(?!kafka"|kafka`)[a-z_]+/g))
    expect(source).toContain(`'${name}'`)
})

it.each(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'])(
  '%s links only to files that exist',
  (file) => {
    for (const [, target = ''] of read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(existsSync(join(ROOT, target)), target).toBe(true)
    }
  },
)
