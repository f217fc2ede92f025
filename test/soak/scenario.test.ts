import { expect, it } from 'vitest'
import { FAULTS } from '../../soak/faults.ts'
import { type Filter, scenariosOf } from '../../soak/scenario.ts'

const ALL: Filter = { faults: [], replies: [], drivers: [], queues: [] }

it('is every fault with every reply and driver, where they mean something', () => {
  const all = scenariosOf(ALL)
  const faults = Object.values(FAULTS)
  const inMemory = faults.filter(({ needsDisk }) => !needsDisk).length * 2 * 2
  expect(all).toHaveLength(inMemory + faults.length * 3 * 2)
  expect(all.some(({ queue, reply }) => queue === 'memory' && reply === 'stored')).toBe(false)
})

it('is a part of it when asked', () => {
  const some = scenariosOf({ ...ALL, faults: ['kafka-killed'], queues: ['disk'], drivers: ['kafkajs'] })
  expect(some.map(({ fault, reply, queue }) => [fault.text, reply, queue])).toEqual(
    ['queued', 'stored', 'delivered'].map((reply) => [FAULTS['kafka-killed'].text, reply, 'disk']),
  )
})
