import type { Readiness } from '../admin/readiness.ts'
import { ledgerStatus } from '../status.ts'
import { balances, type LedgerSnapshot } from '../telemetry/ledger.ts'
import type { Member } from './member.ts'

export interface PrimaryStatusDeps {
  readonly version: string
  readonly startedAtMs: number
  readonly readiness: Readiness
  /** The sum of the workers' accounts, those of dead ones among them. */
  readonly ledger: LedgerSnapshot
  /** Records that dead workers had in their queues. */
  readonly left: number
  readonly workers: readonly { readonly member: Member; readonly its: object | null }[]
}

/** `/status` of a program of several processes: the sum, then each worker as it would show itself alone. */
export function primaryStatus({ readiness, ledger, left, workers, ...deps }: PrimaryStatusDeps): object {
  return {
    version: deps.version,
    started: new Date(deps.startedAtMs).toISOString(),
    now: new Date().toISOString(),
    ...readiness,
    ledger: {
      ...ledgerStatus(ledger),
      left,
      balances: balances({ ...ledger, queued: ledger.queued + left }),
    },
    workers: workers.map(({ member, its }) => ({
      worker: member.index,
      pid: member.pid ?? null,
      up: member.up,
      restarts: member.restarts,
      connections: member.connections,
      since: new Date(member.sinceMs).toISOString(),
      ...its,
    })),
  }
}
