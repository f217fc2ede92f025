import { readFile } from 'node:fs/promises'
import type { Logger } from 'pino'
import { ConfigError, formatMistake, type Mistake } from '../config/config-error.ts'
import { createFileWatch, type FileWatch, type FileWatchConfig } from '../reload/file-watch.ts'
import { digestOf } from '../reload/load-fitted-rules.ts'
import {
  type CertificateFiles,
  type Certificates,
  certificateWarnings,
  readCertificates,
} from './certificates.ts'

/** What became of the files when they were read: new certificates are in use, they were not taken, or are those in use. */
export type CertificateResult = 'ok' | 'mistake' | 'unchanged'

/** How the certificates in use stand to the files. */
export interface CertificateStatus {
  readonly current: Certificates
  /** What is wrong with the files as they are now, so that older certificates are in use; empty: they are those of the files. */
  readonly mistakes: readonly Mistake[]
  readonly results: Readonly<Record<CertificateResult, number>>
}

/**
 * The certificates in use, which follow their files while the program runs. All files are read together, and taken whole
 * or not at all: with any mistake, as a key that does not belong to the certificate, the ones in use stay, and the mistakes
 * are logged and kept in `status` until the files are right.
 */
export interface CertificateReload {
  readonly status: CertificateStatus
  /** Begins to watch the files. Returns at once; call it once. */
  start(): void
  /** Reads the files soon, and says what came of it also when nothing has changed. */
  reload(): void
  /** The certificates stay as they are from now on. Safe twice and without start. */
  stop(): void
}

export interface CertificateReloadConfig
  extends CertificateFiles,
    Pick<FileWatchConfig, 'settleMs' | 'pollMs' | 'unwatchedPollMs'> {}

export interface CertificateReloadDeps {
  readonly initial: Certificates
  readonly log: Logger
  /** Others are in use. */
  readonly onChanged: (now: Certificates) => void
}

export function createCertificateReload(
  config: CertificateReloadConfig,
  deps: CertificateReloadDeps,
): CertificateReload {
  const { log, initial } = deps
  const { certFile: file } = config
  const results = { ok: 0, mistake: 0, unchanged: 0 }
  let current = initial
  let mistakes: readonly Mistake[] = []
  /** The version of the files that was judged last. */
  let judged = ''
  let asked = false
  let stopped = false
  let reading = Promise.resolve()

  const watchOf = (path: string, text: string): FileWatch =>
    createFileWatch({ ...config, path, digest: digestOf(Buffer.from(text)) }, { onSettled })
  const watches = [
    watchOf(config.certFile, initial.cert),
    watchOf(config.keyFile, initial.key),
    ...(config.clientCaFile === null ? [] : [watchOf(config.clientCaFile, initial.clientCa ?? '')]),
  ]

  /** One after the other: each reads the files as they are then, so the last word is about their last state. */
  function onSettled(): void {
    reading = reading.then(readAgain)
  }

  async function readAgain(): Promise<void> {
    const texts = await textsOf(config)
    if (stopped) return
    const wasAsked = asked
    asked = false
    const version = JSON.stringify([...texts.values()].map(versionOf))
    // A Secret's files settle one by one: the second one is no news.
    if (version === judged && !wasAsked) return
    judged = version
    try {
      const read = readCertificates(config, (path) => textIn(texts, path))
      if (read.digest === current.digest) keep(wasAsked)
      else put(read)
      mistakes = []
    } catch (error) {
      refuse(error)
    }
  }

  function keep(wasAsked: boolean): void {
    if (!wasAsked && mistakes.length === 0) return
    results.unchanged++
    log.info({ file, serial: current.serial }, 'the certificates of the files are those in use')
  }

  function put(read: Certificates): void {
    current = read
    results.ok++
    const expires = new Date(read.notAfterMs).toISOString()
    log.info({ file, serial: read.serial, expires }, 'new certificates are in use for new connections')
    for (const warning of certificateWarnings(read, Date.now())) log.warn({ file }, warning)
    deps.onChanged(read)
  }

  function refuse(error: unknown): void {
    mistakes =
      error instanceof ConfigError
        ? error.mistakes
        : [{ file, message: `these certificates bring out a fault of ours: ${String(error)}` }]
    results.mistake++
    for (const mistake of mistakes) log.error({ file: mistake.file }, formatMistake(mistake))
    log.error({ serial: current.serial }, 'the certificate files have mistakes: the certificates in use stay')
  }

  return {
    get status() {
      return { current, mistakes, results }
    },
    start() {
      for (const watch of watches) watch.start()
    },
    reload() {
      asked = true
      watches[0]?.look()
    },
    stop() {
      stopped = true
      for (const watch of watches) watch.stop()
    },
  }
}

type Reading = { readonly text: string } | { readonly error: unknown }

async function textsOf({ certFile, keyFile, clientCaFile }: CertificateFiles): Promise<Map<string, Reading>> {
  const texts = new Map<string, Reading>()
  for (const path of [certFile, keyFile, ...(clientCaFile === null ? [] : [clientCaFile])]) {
    try {
      texts.set(path, { text: await readFile(path, 'utf8') })
    } catch (error) {
      texts.set(path, { error })
    }
  }
  return texts
}

const versionOf = (reading: Reading): string =>
  'text' in reading ? digestOf(Buffer.from(reading.text)) : String(reading.error)

function textIn(texts: ReadonlyMap<string, Reading>, path: string): string {
  const read = texts.get(path)
  if (read !== undefined && 'text' in read) return read.text
  throw read?.error
}
