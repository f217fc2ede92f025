/** What the stand-in has done since it started. */
export interface StandInCounters {
  /** Hook calls made, OnProviderLoaded and OnProviderUnloaded not included; = succeeded + failed + timedOut. */
  calls: number
  succeeded: number
  /** Refused connections and gRPC errors: known at once. */
  failed: number
  /** Unanswered, each after the whole request timeout. */
  timedOut: number
  /** PUBLISH packets from clients, and wills. */
  publishes: number
  /** PUBLISH packets of QoS 1 and 2 that were let go, so acknowledged. */
  pubacked: number
  /** Publishes the provider wanted to see and whose hook call failed or timed out: published and acknowledged all the same. */
  unhooked: number
  /** Publishes that the provider (or its authorization) forbade: delivered to nobody, acknowledged all the same. */
  rejected: number
  /** Messages handed to subscribers. */
  delivered: number
  /** Deliveries of QoS 1 and 2 that subscribers acknowledged. */
  acked: number
  /** CONTINUE or STOP_AND_RETURN without a value, of which EMQX logs a warning each. */
  emptyReplies: number
}

export function newCounters(): StandInCounters {
  return {
    calls: 0,
    succeeded: 0,
    failed: 0,
    timedOut: 0,
    publishes: 0,
    pubacked: 0,
    unhooked: 0,
    rejected: 0,
    delivered: 0,
    acked: 0,
    emptyReplies: 0,
  }
}
