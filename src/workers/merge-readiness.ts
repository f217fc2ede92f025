import { type Readiness, type ReadinessPart, readinessOf } from '../admin/readiness.ts'

/** What one worker says of itself. */
export interface WorkerReadiness {
  readonly index: number
  /** null: it does not answer, or is not there. */
  readonly readiness: Readiness | null
  /** Why there is none. */
  readonly why: string
}

/**
 * The readiness of all: a part is ok when it is with each worker, and names those with which it is not. `workers` tells
 * whether all are there.
 */
export function mergeReadiness(all: readonly WorkerReadiness[]): Readiness {
  const missing = all.filter(({ readiness }) => readiness === null)
  const names = new Set(all.flatMap(({ readiness }) => readiness?.parts.map(({ name }) => name) ?? []))
  return readinessOf([
    {
      name: 'workers',
      ok: missing.length === 0,
      detail:
        missing.length === 0
          ? `${all.length} run`
          : missing.map(({ index, why }) => `worker ${index} ${why}`).join('; '),
    },
    ...Array.from(names, (name) => mergePart(name, all)),
  ])
}

function mergePart(name: string, all: readonly WorkerReadiness[]): ReadinessPart {
  const its = all.flatMap(({ index, readiness }) => {
    const part = readiness?.parts.find((one) => one.name === name)
    return part === undefined ? [] : [{ index, ok: part.ok, detail: part.detail ?? '' }]
  })
  const wrong = its.filter(({ ok }) => !ok)
  const told = wrong.length > 0 ? wrong : its
  const isOne = new Set(told.map(({ detail }) => detail)).size === 1 && told.length === all.length
  return {
    name,
    ok: wrong.length === 0,
    detail: isOne
      ? (told[0]?.detail ?? '')
      : told.map(({ index, detail }) => `worker ${index}: ${detail}`).join('; '),
  }
}
