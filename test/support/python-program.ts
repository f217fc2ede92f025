import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const GRPCIO = 'grpcio==1.85.1'
const INSTALL_MS = 240_000

/** A Python that has grpcio. */
export const pythonWithGrpc = (): Promise<string> => pythonWith([GRPCIO])

/**
 * A Python that has these packages, made the first time in a virtual environment of its own. The folder appears whole or
 * not at all, so that processes that start together do not disturb each other.
 * @throws Error with pip's own words when that fails.
 */
export async function pythonWith(packages: readonly string[]): Promise<string> {
  const parent = process.env.EXHOOK_TEST_CACHE ?? join(homedir(), '.cache', 'exhook-kafka')
  const folder = join(parent, `python-${packages.join('-')}`)
  if (!existsSync(folder)) {
    await mkdir(parent, { recursive: true })
    const work = await mkdtemp(`${folder}.making-`)
    await run('python3', ['-m', 'venv', '--copies', work], { timeout: INSTALL_MS })
    await run(join(work, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...packages], {
      timeout: INSTALL_MS,
    })
    await rename(work, folder).catch((cause) => {
      if (!existsSync(folder)) throw cause // else another process was faster, and its environment is as good
      return rm(work, { recursive: true })
    })
  }
  return join(folder, 'bin', 'python')
}
