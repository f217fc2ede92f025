import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { auditOutcome } from '../../scripts/supply-chain/audit-outcome.ts'
import { type LockedPackage, lockedPackages } from '../../scripts/supply-chain/locked-packages.ts'
import { licenceProblems, thirdPartyText } from '../../scripts/supply-chain/third-party.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const manifest = JSON.parse(read('package.json')) as {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly allowScripts: Readonly<Record<string, boolean>>
  readonly [key: string]: unknown
}
const packages = lockedPackages()

describe('what is asked for', () => {
  it('has an exact version each', () => {
    const asked = Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
      ...manifest.optionalDependencies,
    })
    expect(asked.length).toBeGreaterThan(20)
    for (const [name, version] of asked)
      expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)])
  })

  it('is of these kinds only', () => {
    const kinds = Object.keys(manifest).filter((key) => /dependencies$|^overrides$|^resolutions$/i.test(key))
    expect(kinds).toEqual(['dependencies', 'devDependencies', 'optionalDependencies'])
  })

  it('is what the lock file has', () => {
    const { packages: entries } = JSON.parse(read('package-lock.json')) as {
      readonly packages: Readonly<Record<string, Record<string, unknown>>>
    }
    const { dependencies, devDependencies, optionalDependencies } = manifest
    expect(entries['']).toMatchObject({ dependencies, devDependencies, optionalDependencies })
  })
})

describe('what is installed', () => {
  it('is held against a SHA-512 each', () => {
    expect(packages.length).toBeGreaterThan(100)
    for (const { name, integrity } of packages)
      expect([name, integrity]).toEqual([name, expect.stringMatching(/^sha512-/)])
  })

  it('comes from whichever registry npm is told of, and the lock file names none but the public one', () => {
    const named = packages.flatMap(({ resolved }) => resolved ?? [])
    for (const url of named) expect(url).toMatch(/^https:\/\/registry\.npmjs\.org\//)
    expect(read('package-lock.json')).not.toMatch(/"(resolved|version)": "(git|file|http:|link)/)
    expect(existsSync(join(ROOT, '.npmrc'))).toBe(false)
  })

  it('runs these scripts when it is installed, none of which production needs', () => {
    const scripts = packages.filter(({ installScript }) => installScript)
    expect(scripts.map(({ name, production }) => [name, production])).toEqual([
      // Brings the Node.js that is developed with.
      ['node', false],
      // Says a word about versions; npm is told not to run it.
      ['protobufjs', true],
    ])
    expect(manifest.allowScripts).toEqual({ node: true, protobufjs: false })
  })
})

describe('licences', () => {
  const one: LockedPackage = {
    ...{ name: 'x', version: '1.0.0', licence: 'MIT', production: true, installScript: false },
    ...{ integrity: null, resolved: null },
  }

  it('of what runs are all in the list of those that may be shipped', () => {
    expect(packages.filter(({ production }) => production).length).toBeGreaterThan(50)
    expect(licenceProblems(packages)).toEqual([])
  })

  it.each([
    'GPL-3.0-only',
    'AGPL-3.0',
    'UNLICENSED',
    'none',
    'SEE LICENSE IN x',
    '(MIT OR GPL-2.0)',
    'BUSL-1.1',
  ])('%s would be told', (licence) => {
    expect(licenceProblems([one, { ...one, licence }])).toEqual([`x 1.0.0: ${licence}`])
    expect(licenceProblems([{ ...one, licence, production: false }])).toEqual([])
  })

  it('are in THIRD-PARTY.md (`npm run licences`)', () => {
    expect(read('THIRD-PARTY.md')).toBe(thirdPartyText(packages))
  })
})

describe('npm audit', () => {
  const report = (vulnerabilities: object, total: number) =>
    JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: { vulnerabilities: { total } } })

  it.each([
    ['a clean report', report({}, 0), '', { outcome: 'clean' }],
    [
      'one with a finding',
      report({ yaml: { severity: 'high' } }, 1),
      '',
      { outcome: 'vulnerable', packages: ['yaml (high)'] },
    ],
    ['one that contradicts itself', report({}, 1), '', { outcome: 'vulnerable', packages: [] }],
    [
      'an error of the registry',
      '{"message":"405 Method Not Allowed","error":{"summary":""}}',
      '',
      { outcome: 'not asked', why: '405 Method Not Allowed' },
    ],
    ['nothing', '', 'npm error network\n', { outcome: 'not asked', why: 'npm error network' }],
    ['half a report', '{"vulnerabilities":{}}', '', { outcome: 'not asked', why: 'npm made no report' }],
  ])('that gives %s', (_, stdout, stderr, expected) => {
    expect(auditOutcome(stdout, stderr)).toEqual(expected)
  })
})

describe('workflow files', () => {
  it('are none but .ci/run, which takes no action of others', () => {
    expect(existsSync(join(ROOT, '.github', 'workflows'))).toBe(false)
    expect(readdirSync(join(ROOT, '.ci'))).toEqual(['run'])
    expect(read('.ci/run')).not.toMatch(/curl|wget|https?:/)
  })
})
