import { setTimeout as sleep } from 'node:timers/promises'
import type { CallLog } from '../test/support/call-log.ts'
import { type ProviderProcess, type ProviderScrape, scrape } from '../test/support/provider.ts'

/** A life of the provider, from its start to its end or to now, seen from outside. */
export interface Life {
  /** When it took hook calls, and when it was gone, by `performance.now()`; Infinity while it lives. */
  readonly beganAt: number
  readonly endedAt: number
  /** The last scrape. */
  readonly last: ProviderScrape
  /** Scrapes in which the ledger did not balance, of all scrapes. */
  readonly unbalanced: number
  readonly scrapes: number
  readonly mostQueued: number
  /** What could be in the queue and nowhere else when it was told to end: queued then, and all that was answered since. */
  readonly depthAtEnd: number
  /** null when a signal ended it, undefined while it lives. */
  readonly exitCode: number | null | undefined
  /** Records delivered in the whole life, when its last log line tells. */
  readonly deliveredInAll: number | undefined
}

/** The present life. */
export interface LifeSoFar extends Life {
  readonly provider: ProviderProcess
  /** Scrapes now. */
  look(): Promise<ProviderScrape>
  /** Takes its last account and ends it; returns when the process is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
}

const LOOK_EVERY_MS = 1000

/** Scrapes at once, and then every second until the end. */
export async function watchLife(provider: ProviderProcess, log: CallLog): Promise<LifeSoFar> {
  const life = {
    provider,
    beganAt: performance.now(),
    endedAt: Number.POSITIVE_INFINITY,
    last: await scrape(provider),
    unbalanced: 0,
    scrapes: 0,
    mostQueued: 0,
    depthAtEnd: 0,
    exitCode: undefined as number | null | undefined,
    deliveredInAll: undefined as number | undefined,

    async look() {
      life.last = await scrape(provider)
      const { balanced, queued } = life.last.ledger
      life.scrapes++
      if (!balanced) life.unbalanced++
      life.mostQueued = Math.max(life.mostQueued, queued)
      return life.last
    },

    async end(signal: 'SIGTERM' | 'SIGKILL') {
      const answeredBefore = log.calls.length
      const { ledger } = await life.look()
      provider.signal(signal)
      await provider.ended
      life.endedAt = performance.now()
      life.depthAtEnd = ledger.queued + log.calls.length - answeredBefore
      const delivered = provider.lines.at(-1)?.delivered
      life.deliveredInAll = typeof delivered === 'number' ? delivered : undefined
    },
  }
  void provider.ended.then((code) => {
    life.exitCode = code
  })
  void keepLooking(life)
  return life
}

async function keepLooking(life: LifeSoFar): Promise<void> {
  while (life.exitCode === undefined) {
    await life.look().catch(() => {}) // it may be gone
    await sleep(LOOK_EVERY_MS)
  }
}
