import { setTimeout as sleep } from 'node:timers/promises'
import { jsonPage, type Page, textPage } from './route.ts'

/** What came of reading the rule file: it is in force, it was not taken, it was in force already, or nobody reads it any more. */
export interface ReloadReport {
  readonly result: 'ok' | 'mistake' | 'unchanged' | 'stopped'
  /** The rest of it, for the answer. */
  readonly [more: string]: unknown
}

const STATUS: { readonly [result in ReloadReport['result']]: number } = {
  ok: 200,
  unchanged: 200,
  mistake: 422,
  stopped: 503,
}

/** A file that is written again and again does not settle: whoever asked is not held for ever. */
const PATIENCE_MS = 8000

/** `POST /rules/reload`: as SIGHUP, and answers with what came of it. */
export async function reloadPage(body: unknown, reload: () => Promise<ReloadReport>): Promise<Page> {
  if (!isNothing(body)) return textPage(400, 'there is nothing to set here: send {} or nothing\n')
  const patience = new AbortController()
  const outcome = await Promise.race([
    reload(),
    sleep(PATIENCE_MS, null, { signal: patience.signal, ref: false }).catch(() => null),
  ])
  patience.abort()
  return outcome === null
    ? textPage(504, 'the rule file is being written to all the time: what comes of it will be in /status\n')
    : jsonPage(STATUS[outcome.result], outcome)
}

const isNothing = (body: unknown): boolean =>
  body === undefined || (typeof body === 'object' && body !== null && JSON.stringify(body) === '{}')
