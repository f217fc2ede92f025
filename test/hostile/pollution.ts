import { expect } from 'vitest'

/** What every object inherits, before anything was sent. */
const shared = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype]
const before = shared.map(snapshotOf)

/** Fails when what all objects inherit is not what it was when this file was loaded. */
export function expectNothingPolluted(): void {
  expect(shared.map(snapshotOf)).toEqual(before)
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
}

function snapshotOf(prototype: object): readonly unknown[] {
  return Reflect.ownKeys(prototype).map((key) => {
    const { value, get, set } = Object.getOwnPropertyDescriptor(prototype, key) ?? {}
    return [String(key), value, get, set]
  })
}
