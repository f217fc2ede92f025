import { readFileSync } from 'node:fs'
import fc from 'fast-check'

/** A request that has been a failure once, or is a kind of its own. */
export interface CorpusEntry {
  /** What it is, and what it did where it did something. */
  readonly what: string
  readonly rpc: string
  readonly version: 'v2' | 'v3'
  /** The body of the call in base64, without gRPC's five bytes. */
  readonly body: string
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`corpus/${name}`, import.meta.url), 'utf8'))

export const REQUESTS = read('requests.json') as readonly CorpusEntry[]

/** Of a property, by its name, the runs that once failed. */
const SEEDS = read('seeds.json') as Readonly<
  Record<string, readonly { readonly seed: number; readonly path: string }[]>
>

/**
 * Checks a property: first the runs that failed once, as corpus/seeds.json has them, then new ones. A failure of a new one
 * tells its seed and path: put them there, and the request, where it is one, into corpus/requests.json.
 */
export function check<T>(name: string, property: fc.IProperty<T>, numRuns: number): void
export function check<T>(name: string, property: fc.IAsyncProperty<T>, numRuns: number): Promise<void>
export function check<T>(
  name: string,
  property: fc.IProperty<T> | fc.IAsyncProperty<T>,
  numRuns: number,
): void | Promise<void> {
  const runs: fc.Parameters<T>[] = [
    ...(SEEDS[name] ?? []).map((failed) => ({ ...failed, endOnFailure: true })),
    { numRuns },
  ]
  if (property.isAsync()) return inTurn(property as fc.IAsyncProperty<T>, runs)
  for (const run of runs) fc.assert(property as fc.IProperty<T>, run)
}

async function inTurn<T>(property: fc.IAsyncProperty<T>, runs: readonly fc.Parameters<T>[]): Promise<void> {
  for (const run of runs) await fc.assert(property, run)
}
