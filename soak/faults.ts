import { setTimeout as sleep } from 'node:timers/promises'
import type { Rig } from './rig.ts'

/** What becomes of the provider: it lives on, it is stopped in order and started again, it is killed and started again. */
export type ProviderFate = 'lives' | 'stopped' | 'killed'

export interface Fault {
  readonly text: string
  readonly fate: ProviderFate
  /** Without a disk, what is queued at such a stop is lost, and nothing is promised. */
  readonly needsDisk: boolean
  /** Flags of the provider beyond the usual ones. */
  readonly flags: readonly string[]
  /** Does it and mends it; returns when it is mended. */
  inflict(rig: Rig): Promise<void>
}

const KAFKA_AWAY_MS = 3000
const FROZEN_MS = 8000
const NETWORK_BAD_MS = 4000
const BACKLOG_MS = 2000
/** How long nobody listens between two lives of the provider, its start not counted. */
const NOBODY_LISTENS_MS = 500

/** Shorter than the fault: a request without an answer is given up, and sent again while it may be in Kafka. */
const IMPATIENT = ['--kafka-request-timeout-ms=3000']

const base = { fate: 'lives', needsDisk: false, flags: [] } as const

export const FAULTS = {
  'kafka-killed': {
    ...base,
    text: 'Kafka killed, away 3 s',
    async inflict({ kafka }) {
      await kafka.kill()
      await sleep(KAFKA_AWAY_MS)
      await kafka.restart()
    },
  },
  'kafka-frozen': {
    ...base,
    text: 'Kafka frozen 8 s',
    flags: IMPATIENT,
    inflict: ({ kafka }) => frozen(kafka, FROZEN_MS),
  },
  'network-cut': {
    ...base,
    text: 'network cut, five times in 4 s',
    async inflict({ proxy }) {
      for (let i = 0; i < 5; i++) {
        proxy.cut()
        await sleep(NETWORK_BAD_MS / 5)
      }
    },
  },
  'network-slow': {
    ...base,
    text: 'network at 20 kB/s for 4 s',
    flags: IMPATIENT,
    async inflict({ proxy }) {
      proxy.throttle(20_000)
      await sleep(NETWORK_BAD_MS)
      await proxy.heal()
    },
  },
  'network-half-open': {
    ...base,
    text: 'connections half open, found out by 3 s without an answer',
    flags: IMPATIENT,
    async inflict({ proxy }) {
      proxy.halfOpen()
      await sleep(NETWORK_BAD_MS)
    },
  },
  'provider-stopped': {
    ...base,
    text: 'provider stopped (SIGTERM), started again',
    fate: 'stopped',
    inflict: (rig) => nextLife(rig, 'SIGTERM'),
  },
  'provider-stopped-backlog': {
    ...base,
    text: 'provider stopped (SIGTERM, 1 s to drain) while Kafka is frozen, started again',
    fate: 'stopped',
    needsDisk: true,
    flags: [...IMPATIENT, '--stop-deadline-ms=1000'],
    inflict: (rig) => nextLifeWithBacklog(rig, 'SIGTERM'),
  },
  'provider-killed': {
    ...base,
    text: 'provider killed (SIGKILL), started again',
    fate: 'killed',
    inflict: (rig) => nextLife(rig, 'SIGKILL'),
  },
  'provider-killed-backlog': {
    ...base,
    text: 'provider killed (SIGKILL) while Kafka is frozen, started again',
    fate: 'killed',
    flags: IMPATIENT,
    inflict: (rig) => nextLifeWithBacklog(rig, 'SIGKILL'),
  },
} as const satisfies Readonly<Record<string, Fault>>

export type FaultName = keyof typeof FAULTS

async function frozen(kafka: Rig['kafka'], ms: number): Promise<void> {
  kafka.freeze()
  await sleep(ms)
  kafka.thaw()
}

async function nextLife(rig: Rig, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  await rig.endLife(signal)
  await sleep(NOBODY_LISTENS_MS)
  await rig.beginLife()
}

/** The queue holds two seconds of events when the provider goes. */
async function nextLifeWithBacklog(rig: Rig, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  rig.kafka.freeze()
  await sleep(BACKLOG_MS)
  await nextLife(rig, signal)
  rig.kafka.thaw()
}
