import type { ConnectionRefusal } from '../connection-refusals.ts'

/** What HTTP/2 says of a connection that it ended, as both transports count it. */
export function refusedAs(reason: string): ConnectionRefusal {
  if (reason === 'streams' || reason === 'slow_reader') return 'streams'
  if (reason === 'header_flood') return 'headers'
  return reason.endsWith('_flood') ? 'flood' : 'protocol'
}
