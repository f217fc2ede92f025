/**
 * `npm run audit`: asks the registry for known vulnerabilities in what runs. Exit code 0: there is none; 1: there are; 2: the
 * registry could not be asked, so that nothing is known, which is never said to be well.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { auditOutcome } from './supply-chain/audit-outcome.ts'

const cwd = fileURLToPath(new URL('..', import.meta.url))
const words = ['audit', '--omit=dev', '--audit-level=low', '--json']
const { stdout, stderr } = spawnSync('npm', words, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
const result = auditOutcome(stdout ?? '', stderr ?? '')
if (result.outcome === 'clean') console.log('no known vulnerability in what runs')
else if (result.outcome === 'vulnerable') {
  console.error(`known vulnerabilities: ${result.packages.join(', ')}; see npm audit --omit=dev`)
  process.exitCode = 1
} else {
  console.error(`NOT ASKED, nothing is known: ${result.why}`)
  process.exitCode = 2
}
