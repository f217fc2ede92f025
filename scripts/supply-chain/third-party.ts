import type { LockedPackage } from './locked-packages.ts'

/** What may be shipped with this program, which is Apache-2.0: licences that ask for no more than their text. */
export const ALLOWED_LICENCES: ReadonlySet<string> = new Set([
  'Apache-2.0',
  'MIT',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
])

/** Why packages that are needed at run time may not be shipped, one line each; empty when all may. */
export const licenceProblems = (packages: readonly LockedPackage[]): readonly string[] =>
  packages
    .filter(({ production, licence }) => production && !ALLOWED_LICENCES.has(licence))
    .map(({ name, version, licence }) => `${name} ${version}: ${licence}`)

/** THIRD-PARTY.md: what is shipped besides our own code. */
export function thirdPartyText(packages: readonly LockedPackage[]): string {
  const rows = packages
    .filter(({ production }) => production)
    .map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |\n`)
  return `# Third-party packages

What the package and the image hold besides exhook-kafka's own code; their licences lie beside them in \`node_modules\`. Packages of
which there is one for each system (\`@node-rs/crc32-…\`) are listed all. Made by \`npm run licences\` from package-lock.json; a
test says when it is due.

| package | version | licence |
|---|---|---|
${[...new Set(rows)].join('')}`
}
