/** `npm run licences`: writes THIRD-PARTY.md; fails when a package may not be shipped. */
import { writeFileSync } from 'node:fs'
import { lockedPackages } from './supply-chain/locked-packages.ts'
import { licenceProblems, thirdPartyText } from './supply-chain/third-party.ts'

const packages = lockedPackages()
const problems = licenceProblems(packages)
for (const problem of problems)
  console.error(`this licence is not in the list of those that may be shipped: ${problem}`)
if (problems.length > 0) process.exitCode = 1
else writeFileSync(new URL('../THIRD-PARTY.md', import.meta.url), thirdPartyText(packages))
