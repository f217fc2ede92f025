import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerProcess } from './server-process.ts'

/** What our server says of its records. */
export interface OwnRecords {
  /** Not yet acknowledged by Kafka. */
  readonly queued: number
  /** Dropped and counted, by reason. */
  readonly dropped: Readonly<Record<string, number>>
}

const SETTLES_WITHIN_MS = 30_000

/** Reads our metrics; null of a server that has none. */
export async function ownRecords({ line: { http } }: ServerProcess): Promise<OwnRecords | null> {
  if (typeof http !== 'string') return null
  return parseOwnRecords(await (await fetch(`http://${http}/metrics`)).text())
}

/** The same, once nothing waits for Kafka any more, or that has taken too long. */
export async function settledRecords(server: ServerProcess): Promise<OwnRecords | null> {
  for (const deadline = performance.now() + SETTLES_WITHIN_MS; ; await sleep(100)) {
    const records = await ownRecords(server)
    if (records === null || records.queued === 0 || performance.now() > deadline) return records
  }
}

export function parseOwnRecords(text: string): OwnRecords {
  const dropped: Record<string, number> = {}
  let queued = 0
  for (const [, name, labels = '', value] of text.matchAll(/^(exhook_\w+)(?:\{([^}]*)\})? (\d+)$/gm)) {
    if (name === 'exhook_queue_records') queued += Number(value)
    if (name !== 'exhook_records_dropped_total' || Number(value) === 0) continue
    const reason = labels.match(/reason="([^"]*)"/)?.[1] ?? ''
    dropped[reason] = (dropped[reason] ?? 0) + Number(value)
  }
  return { queued, dropped }
}
