import type { Reception } from '../request-reception.ts'

/** Gathers the requests that became whole in this turn of the event loop, and settles them when it is over. */
export function createArrivals(): (reception: Reception) => void {
  let arrived: Reception[] = []

  /** Nearly all of them have been handed over by now. */
  function settle(): void {
    const these = arrived
    arrived = []
    for (const reception of these) reception.settle()
  }

  return (reception) => {
    if (arrived.push(reception) === 1) setImmediate(settle)
  }
}
