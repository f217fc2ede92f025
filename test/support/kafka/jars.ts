import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { guardChild } from '../child-guard.ts'
import { requireMaven } from './java.ts'

/** The Apache Kafka that tests, demo and bench run. */
export const KAFKA_VERSION = '4.3.1'

const ARTIFACTS = [
  `org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`,
  `org.apache.kafka:kafka-tools:${KAFKA_VERSION}`,
  'org.slf4j:slf4j-simple:1.7.36', // without a logger behind it, a Kafka that cannot start says nothing
]
const GIVE_UP_AFTER_MS = 10 * 60_000

export interface JarsDeps {
  /** Told what is being downloaded, a line at a time. Silent when the jars are there. */
  readonly onProgress?: (line: string) => void
}

/** Where the jars are kept for this user; `EXHOOK_TEST_CACHE` names another parent folder. */
export function jarsFolder(): string {
  return join(
    process.env.EXHOOK_TEST_CACHE ?? join(homedir(), '.cache', 'exhook-kafka'),
    `kafka-${KAFKA_VERSION}`,
  )
}

/**
 * Kafka's jars as a Java classpath, downloaded by Maven the first time (54 MB).
 * The folder appears whole or not at all, so processes that start together do not disturb each other: each downloads
 * to a folder of its own, and the first to rename it wins.
 * @throws MissingToolError when they are not there and there is no Maven; Error when the download fails.
 */
export async function kafkaClasspath(deps: JarsDeps = {}): Promise<string> {
  const folder = jarsFolder()
  if (!existsSync(folder)) await download(folder, deps.onProgress ?? (() => {}))
  return join(folder, '*')
}

async function download(folder: string, onProgress: (line: string) => void): Promise<void> {
  await requireMaven()
  await mkdir(dirname(folder), { recursive: true })
  const work = await mkdtemp(`${folder}.download-`)
  const started = Date.now()
  onProgress(`downloading Apache Kafka ${KAFKA_VERSION} with Maven (54 MB, once)`)
  const watch = setInterval(async () => {
    const jars = await readdir(join(work, 'jars')).catch(() => [])
    onProgress(
      `downloading Apache Kafka ${KAFKA_VERSION}: ${seconds(started)} s, ${jars.length} jars in place`,
    )
  }, 5_000)
  try {
    await writeFile(join(work, 'pom.xml'), pom())
    await copyDependencies(work)
    await rename(join(work, 'jars'), folder).catch((cause) => {
      if (!existsSync(folder)) throw cause // else another process was faster, and its jars are as good
    })
    onProgress(`Apache Kafka ${KAFKA_VERSION} is in ${folder} (${seconds(started)} s)`)
  } finally {
    clearInterval(watch)
    await rm(work, { recursive: true, force: true })
  }
}

function copyDependencies(work: string): Promise<void> {
  const args = ['-q', '-B', '-f', join(work, 'pom.xml'), 'dependency:copy-dependencies']
  args.push(`-DoutputDirectory=${join(work, 'jars')}`, '-DincludeScope=runtime')
  return new Promise((resolve, reject) => {
    const child = spawn('mvn', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const release = guardChild(child)
    const timer = setTimeout(() => child.kill('SIGKILL'), GIVE_UP_AFTER_MS)
    let said = ''
    const keep = (chunk: Buffer) => {
      said = (said + chunk).slice(-2_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      release()
      if (code === 0) resolve()
      else
        reject(
          new Error(`Maven could not fetch Kafka's jars (${signal ?? `exit code ${code}`}):\n${said.trim()}`),
        )
    })
  })
}

function pom(): string {
  const dependencies = ARTIFACTS.map((coordinates) => {
    const [group, artifact, version] = coordinates.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`
  })
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>exhook-kafka</groupId><artifactId>kafka-for-tests</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${dependencies.join('')}</dependencies>
</project>
`
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1_000).toFixed(0)
}
