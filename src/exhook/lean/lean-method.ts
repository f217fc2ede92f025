import type { HandleCall } from '../hook-handler.ts'
import type { Refusal } from '../replies.ts'
import type { ReceptionRefusal } from '../request-reception.ts'

/** A unary method. */
export interface LeanMethod {
  readonly handle: HandleCall
  /** A call is refused before its request is there: the answer. */
  readonly refuse: (reason: ReceptionRefusal) => Refusal
}
