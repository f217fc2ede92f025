import type { ConnectionTable } from './connection-table.ts'
import type { StandInCounters } from './counters.ts'
import type { HookCaller } from './hook-caller.ts'

/** What every part of the broker needs. */
export interface StandInParts {
  readonly config: {
    /** EMQX's name of itself, and of the node in every message. */
    readonly node: string
    readonly version: string
    readonly failedAction: 'ignore' | 'deny'
  }
  readonly hooks: HookCaller
  readonly table: ConnectionTable
  readonly counters: StandInCounters
}
