import type { ContractVersion } from '../../src/hooks.ts'
import { hookCalls } from '../load/hook-calls.ts'
import { type LoadProgram, runLoad } from '../load/run-load.ts'
import type { Scenario } from '../scenarios.ts'
import type { Subject } from '../subjects.ts'
import { type Percentiles, percentilesOf } from './latency.ts'
import { ownRecords } from './own-metrics.ts'
import { treeCpuMicroseconds, treeMemory } from './process-tree.ts'
import type { RuntimeSpan } from './runtime-probe.ts'

/** EMQX's default pool_size. */
const CONNECTIONS = 8

export interface Phase {
  readonly warmUpMs: number
  readonly measureMs: number
  readonly version: ContractVersion
  /** Of the client ids; another for each phase, so that each device's numbers begin with 0. */
  readonly prefix: string
  /** Where a CPU profile of the measured part goes. */
  readonly profileTo?: string
}

/** What came of one subject under one load. */
export interface Measurement {
  /** Calls answered in all, warm-up included. */
  readonly answered: number
  readonly failed: number
  /** What became of the calls that were not answered; null when all were. The figures are then of something else. */
  readonly failure: string | null
  readonly eventsPerSecond: number
  /** Of the server's process and its children, per call that was answered. */
  readonly cpuMicroseconds: number
  /** ms, from when a call was due. */
  readonly latency: Percentiles
  /** ms that the load program came late to the calls of an open loop: part of the latency. */
  readonly late: Percentiles
  /** What the load program took of a core. */
  readonly loadCores: number
  readonly memory: { readonly now: number; readonly peak: number }
  readonly runtime: RuntimeSpan | null
  /** Records of ours that Kafka had not acknowledged when the measured part ended: their CPU is still to come. Null for peers. */
  readonly queued: number | null
}

/** Loads a subject once. */
export async function runPhase(
  program: LoadProgram,
  { server, topicPrefix }: Subject,
  { clients, rate, mix }: Pick<Scenario, 'clients' | 'rate' | 'mix'>,
  { warmUpMs, measureMs, version, prefix, profileTo }: Phase,
): Promise<Measurement> {
  let cpu = 0
  let span: Promise<RuntimeSpan | null> = Promise.resolve(null)
  let queued: Promise<number | null> = Promise.resolve(null)
  const result = await runLoad(
    program,
    {
      ...{ port: server.port, connections: CONNECTIONS, clients, prefix },
      calls: hookCalls({ mix, version, prefix, topicPrefix }),
      ...{ rate, warmUpMs, measureMs },
    },
    (phase) => {
      const now = treeCpuMicroseconds(server.pid)
      cpu = phase === 'begin' ? now : now - cpu
      if (phase === 'begin') server.beginSpan(profileTo !== undefined)
      else {
        span = server.endSpan(profileTo)
        queued = ownRecords(server).then((records) => records?.queued ?? null)
      }
    },
  )
  return {
    answered: result.answered,
    failed: result.failed,
    failure:
      result.failed === 0
        ? null
        : `${result.failed} of ${result.failed + result.answered} calls failed: ${result.firstFailure}`,
    eventsPerSecond: result.measured / result.seconds,
    cpuMicroseconds: cpu / result.measured,
    latency: percentilesOf(result.latencyUs),
    late: percentilesOf(result.lateUs),
    loadCores: result.cpuMicroseconds / 1e6 / result.seconds,
    memory: treeMemory(server.pid),
    runtime: await span,
    queued: await queued,
  }
}
