import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

const MODULE = join(import.meta.dirname, '..', 'peers')
/** What is built of the module `test/peers`: programs of ours, and tools at the versions of its go.mod. */
export const GO_PROGRAMS = {
  h2spec: 'github.com/summerwind/h2spec/cmd/h2spec',
  'grpc-go-client': './grpc-go-client',
  'grpc-go-bare': './grpc-go-bare',
  'hook-load': './hook-load',
} as const

/** How long Go may take, modules from the network included. */
const BUILD_MS = 240_000

/**
 * Builds a program, if Go's cache does not have it, and resolves to its path. Modules are downloaded the first time.
 * @throws Error with Go's own words when it cannot be built, or that Go is missing.
 */
export async function goProgram(name: keyof typeof GO_PROGRAMS): Promise<string> {
  const folder = join(process.env.EXHOOK_TEST_CACHE ?? join(homedir(), '.cache', 'exhook-kafka'), 'go')
  await mkdir(folder, { recursive: true })
  const path = join(folder, name)
  try {
    await run('go', ['build', '-o', path, GO_PROGRAMS[name]], { cwd: MODULE, timeout: BUILD_MS })
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new Error(
      missing ? 'the tests need Go 1.24 or newer: https://go.dev/dl/' : `go build ${name} failed`,
      {
        cause: error,
      },
    )
  }
  return path
}
