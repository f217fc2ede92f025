import { FAULTS, type Fault, type FaultName } from './faults.ts'

export const REPLIES = ['queued', 'stored', 'delivered'] as const
export const DRIVERS = ['kafkajs', 'platformatic'] as const
export const QUEUES = ['memory', 'disk'] as const

/** One row of the matrix. */
export interface Scenario {
  readonly fault: Fault
  readonly reply: (typeof REPLIES)[number]
  readonly driver: (typeof DRIVERS)[number]
  /** Where the queue is. */
  readonly queue: (typeof QUEUES)[number]
}

/** What of the matrix is wanted; an empty list wants all. */
export interface Filter {
  readonly faults: readonly string[]
  readonly replies: readonly string[]
  readonly drivers: readonly string[]
  readonly queues: readonly string[]
}

/** Every combination that means something: `stored` needs a disk, and so do some faults. */
export function scenariosOf(filter: Filter): Scenario[] {
  const wanted = (list: readonly string[], name: string) => list.length === 0 || list.includes(name)
  const faults = (Object.keys(FAULTS) as FaultName[]).filter((name) => wanted(filter.faults, name))
  return QUEUES.filter((queue) => wanted(filter.queues, queue)).flatMap((queue) =>
    REPLIES.filter((reply) => wanted(filter.replies, reply)).flatMap((reply) =>
      faults.flatMap((name) => {
        const fault = FAULTS[name]
        if (queue === 'memory' && (reply === 'stored' || fault.needsDisk)) return []
        return DRIVERS.filter((driver) => wanted(filter.drivers, driver)).map((driver) => ({
          ...{ fault, reply, driver, queue },
        }))
      }),
    ),
  )
}

export const nameOf = ({ fault, reply, driver, queue }: Scenario): string =>
  `${fault.text}, reply ${reply}, queue in ${queue}, ${driver}`
