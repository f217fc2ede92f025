import { ERROR } from '../../http2/frames.ts'
import { ConnectionError } from '../../http2/http2-error.ts'
import type { ConnectionLimits } from '../guarded-connection.ts'

export type IdleCallLimits = Pick<
  ConnectionLimits,
  'idleStreams' | 'firstIdleStreams' | 'idleStreamsInAll' | 'idleShare'
>

/** The account of one connection's calls. An idle one has not come whole, or has not ended after its answer. */
export interface ConnectionCalls {
  /** One has begun. Throws a ConnectionError when there are more idle ones than any client of ours has. */
  opened(): void
  /** One has come whole, and is handled from here on. */
  began(): void
  /** One that began is answered. */
  answered(): void
  closed(): void
  /** There are too many on all connections, and many of them on this one: no further one should only begin. */
  readonly isCrowded: boolean
}

/** Bounds the calls of which nothing comes, for all connections of a server. */
export function createIdleCalls(limits: IdleCallLimits): () => ConnectionCalls {
  let idleInAll = 0

  return () => {
    let idle = 0
    let done = 0
    return {
      opened() {
        idle++
        idleInAll++
        if (idle <= Math.min(limits.idleStreams, limits.firstIdleStreams + done)) return
        throw new ConnectionError(ERROR.enhanceYourCalm, 'streams', `${idle} calls of which nothing comes`)
      },
      began() {
        done++
        idle--
        idleInAll--
      },
      answered() {
        idle++
        idleInAll++
      },
      closed() {
        idle--
        idleInAll--
      },
      get isCrowded() {
        return idleInAll > limits.idleStreamsInAll && idle > limits.idleShare
      },
    }
  }
}
