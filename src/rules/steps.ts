import { setImmediate as nextTurn } from 'node:timers/promises'

/** Work in small steps, of which each may be the last of a turn of the event loop. */
export type Steps<T> = Generator<void, T>

/** A turn ends with the step that makes it so long, in ms. */
const SLICE_MS = 4

/** Does all steps in turns of a few ms each, so that whatever else there is to do comes in between. */
export async function inSlices<T>(steps: Steps<T>, now: () => number = () => performance.now()): Promise<T> {
  for (;;) {
    const end = now() + SLICE_MS
    do {
      const step = steps.next()
      if (step.done) return step.value
    } while (now() < end)
    await nextTurn()
  }
}

/** Does all steps at once. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
