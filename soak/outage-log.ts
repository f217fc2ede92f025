import { createLatencies, type Latencies } from '../demo/latencies.ts'
import type { LifeSoFar } from './life.ts'
import { folderBytes, residentBytes } from './process-memory.ts'

/** The state at one moment, and the publishes since the moment before. */
export interface OutageSample {
  readonly seconds: number
  readonly phase: string
  readonly queued: number
  readonly diskBytes: number
  readonly rssBytes: number
  readonly published: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Takes a sample every ten seconds and prints it. */
export interface OutageLog {
  readonly onAcknowledged: (clientid: string, ms: number) => void
  readonly samples: readonly OutageSample[]
  phase: string
  take(life: LifeSoFar, diskPath: string): Promise<void>
}

export const SAMPLE_HEAD =
  '| s | phase | queued | disk MB | RSS MB | published/s | publish p50 ms | p99 ms |\n|---|---|---|---|---|---|---|---|'

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1)

export function createOutageLog(): OutageLog {
  let start = Number.NaN
  const samples: OutageSample[] = []
  let latencies: Latencies = createLatencies()
  let sinceMs = 0
  return {
    onAcknowledged(_clientid, ms) {
      if (Number.isNaN(start)) start = performance.now()
      latencies.add(ms)
    },
    samples,
    phase: 'live',
    async take(life, diskPath) {
      const { ledger } = await life.look()
      const nowMs = performance.now() - start
      const sample = {
        seconds: Math.round(nowMs / 1000),
        phase: this.phase,
        queued: ledger.queued,
        diskBytes: folderBytes(diskPath),
        rssBytes: residentBytes(life.provider.pid),
        published: Math.round(latencies.count / ((nowMs - sinceMs) / 1000)),
        p50Ms: latencies.percentile(50),
        p99Ms: latencies.percentile(99),
      }
      latencies = createLatencies()
      sinceMs = nowMs
      samples.push(sample)
      console.log(sampleRow(sample))
    },
  }
}

export const sampleRow = (sample: OutageSample): string =>
  `| ${[
    ...[sample.seconds, sample.phase, sample.queued],
    ...[megabytes(sample.diskBytes), megabytes(sample.rssBytes), sample.published],
    ...[sample.p50Ms.toFixed(1), sample.p99Ms.toFixed(1)],
  ].join(' | ')} |`
