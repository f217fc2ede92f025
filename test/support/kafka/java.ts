import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What Kafka 4 asks for. */
const OLDEST_JAVA = 17

/** A tool this machine lacks; the message says what to install. */
export class MissingToolError extends Error {}

/** The `java` command to run: of `JAVA_HOME` when that is set, else the one on the path. */
export function javaCommand(): string {
  const home = process.env.JAVA_HOME
  return home === undefined || home === '' ? 'java' : join(home, 'bin', 'java')
}

/**
 * The Java release of `command`, e.g. 17.
 * @throws MissingToolError when there is none, or one older than Kafka needs.
 */
export async function requireJava(command = javaCommand()): Promise<number> {
  const output = await versionText(command, ['-version'])
  const release = output === undefined ? undefined : javaRelease(output)
  if (release === undefined) {
    throw new MissingToolError(
      `no Java: "${command} -version" does not run; Kafka needs Java ${OLDEST_JAVA} or newer`,
    )
  }
  if (release < OLDEST_JAVA) {
    throw new MissingToolError(
      `Java ${release} is too old: Kafka needs Java ${OLDEST_JAVA} or newer (set JAVA_HOME)`,
    )
  }
  return release
}

/** @throws MissingToolError when Maven is not on the path. */
export async function requireMaven(): Promise<void> {
  if ((await versionText('mvn', ['--version'])) === undefined) {
    throw new MissingToolError(
      'no Maven: "mvn --version" does not run; it fetches Kafka\'s jars (install the package maven)',
    )
  }
}

/** The release number in what `java -version` prints: `17.0.15` is 17, `1.8.0_392` is 8. */
export function javaRelease(versionOutput: string): number | undefined {
  const version = /version "(?:1\.)?(\d+)/.exec(versionOutput)
  return version === null ? undefined : Number(version[1])
}

async function versionText(command: string, args: string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(command, args, { timeout: 30_000 })
    return stdout + stderr
  } catch {
    return undefined
  }
}
