import type { HandleCall } from './hook-handler.ts'
import type { HookReply } from './replies.ts'
import type { Reception } from './request-reception.ts'

/** Told when a call began, to come in or to be handled, and when that ended. */
export interface CallsInFlight {
  began(): void
  ended(): void
}

/**
 * Hands a request that is whole to its handler, and gives back what it held as soon as nobody looks at it any more.
 * Does nothing when it was refused, or handed over before.
 */
export function runCall(
  request: Reception,
  handle: HandleCall,
  deadlineMs: number,
  inFlight: CallsInFlight,
  answer: (reply: HookReply) => void,
): void {
  const body = request.take()
  if (body === null) return
  inFlight.began()
  let kept = false
  const letGo = handle(body, deadlineMs, (reply) => {
    if (kept) request.release()
    request.answered()
    inFlight.ended()
    answer(reply)
  })
  kept = letGo !== null
  if (letGo === null) request.discard()
  else request.keep(letGo)
}
