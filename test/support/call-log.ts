import type { HookCall } from '../../demo/emqx-stand-in/emqx-stand-in.ts'

/** A hook call about a message that has ended. */
export interface LoggedCall {
  readonly messageId: string
  readonly clientid: string
  readonly outcome: HookCall['outcome']
  /** The provider answered that nobody is to receive the message. */
  readonly rejected: boolean
  /** By `performance.now()`. */
  readonly startedAt: number
  readonly ms: number
}

/** What the stand-in for EMQX asked about messages and what it heard: one side of every count. */
export interface CallLog {
  /** To be the stand-in's `onHookCall`. */
  readonly note: (call: HookCall) => void
  /** In the order in which they ended, which for each client is the order in which they were made. */
  readonly calls: readonly LoggedCall[]
  /** The messages whose call was answered and not rejected: what the rule's reply promises holds for these. */
  answered(): readonly LoggedCall[]
}

export function createCallLog(): CallLog {
  const calls: LoggedCall[] = []
  return {
    calls,
    note({ messageId, clientid, outcome, reply, ms }) {
      if (messageId === undefined) return
      const rejected = reply?.type === 'STOP_AND_RETURN'
      calls.push({ messageId, clientid, outcome, rejected, ms, startedAt: performance.now() - ms })
    },
    answered: () => calls.filter(({ outcome, rejected }) => outcome === 'succeeded' && !rejected),
  }
}
