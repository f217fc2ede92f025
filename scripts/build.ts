/**
 * Compiles src/ to dist/ and puts the bill of materials beside it: `npm run build`. dist/ holds nothing else; at run time it needs package.json, protos/ and the
 * production dependencies beside it.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { sbomText } from './supply-chain/sbom.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = `${root}dist`
const compiler = `${root}node_modules/typescript/bin/tsc`

// A file that was removed or renamed in src/ must not live on in dist/.
rmSync(dist, { recursive: true, force: true })

const { status, error } = spawnSync(
  process.execPath,
  [compiler, '--project', 'tsconfig.build.json', '--noEmitOnError'],
  { cwd: root, stdio: 'inherit' },
)
if (error !== undefined) throw error
if (status !== 0) process.exit(status ?? 1)

// The compiler does not keep the mode of a file, and npm sets it only for what it installs.
chmodSync(`${dist}/bin.js`, 0o755)

writeFileSync(`${dist}/sbom.cdx.json`, sbomText())
