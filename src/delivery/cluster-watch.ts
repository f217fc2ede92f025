import type { Logger } from 'pino'
import type { KafkaFailure } from '../kafka/kafka-driver.ts'

export interface ClusterState {
  readonly state: 'starting' | 'up' | 'down'
  /** When this state began, in ms since 1970. */
  readonly sinceMs: number
  /** The latest failure while not up. */
  readonly failure: KafkaFailure | null
}

/**
 * Knows whether the cluster answers: from what the lanes report, and while it does not, from one probe a second. When it
 * comes back, all lanes are woken at once instead of each waiting out its own pause.
 */
export interface ClusterWatch {
  readonly current: ClusterState
  start(): void
  /** A lane could not reach the cluster. */
  failed(failure: KafkaFailure): void
  /** A lane had an acknowledgement. */
  succeeded(): void
  stop(): void
}

export interface ClusterWatchDeps {
  readonly log: Logger
  readonly probe: () => Promise<KafkaFailure | null>
  readonly onUp: () => void
}

const PROBE_DOWN_MS = 1_000
/** While all is well and nothing is sent, a sign of life is asked for this often. */
const PROBE_IDLE_MS = 10_000

export function createClusterWatch(deps: ClusterWatchDeps): ClusterWatch {
  let current: ClusterState = { state: 'starting', sinceMs: Date.now(), failure: null }
  let timer: NodeJS.Timeout | undefined
  let lastSuccessMs = 0
  let stopped = false

  function goUp(): void {
    lastSuccessMs = performance.now()
    if (current.state === 'up') return
    const { state: was, sinceMs } = current
    current = { state: 'up', sinceMs: Date.now(), failure: null }
    const afterSeconds = Math.round((Date.now() - sinceMs) / 1000)
    deps.log.info(
      was === 'down' ? { afterSeconds } : {},
      was === 'down' ? 'Kafka is back' : 'Kafka is connected',
    )
    deps.onUp()
  }

  function goDown(failure: KafkaFailure): void {
    if (current.state === 'down') {
      current = { ...current, failure }
      return
    }
    current = { state: 'down', sinceMs: Date.now(), failure }
    deps.log.warn(
      { kind: failure.kind, code: failure.code, error: failure.message },
      'Kafka cannot be reached: records wait in the queue, trying again every second',
    )
    schedule(PROBE_DOWN_MS)
  }

  function schedule(delayMs: number): void {
    clearTimeout(timer)
    if (!stopped) timer = setTimeout(() => void look(), delayMs)
  }

  async function look(): Promise<void> {
    const restedMs = performance.now() - lastSuccessMs
    if (current.state === 'up' && restedMs < PROBE_IDLE_MS) return schedule(PROBE_IDLE_MS - restedMs)
    const failure = await deps.probe()
    if (stopped) return
    if (failure === null) goUp()
    else goDown(failure)
    schedule(current.state === 'up' ? PROBE_IDLE_MS : PROBE_DOWN_MS)
  }

  return {
    get current() {
      return current
    },
    start: () => void look(),
    failed: goDown,
    succeeded: goUp,
    stop() {
      stopped = true
      clearTimeout(timer)
    },
  }
}
