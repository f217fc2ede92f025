import { expect, it } from 'vitest'
import { parseOwnRecords } from '../../../bench/measure/own-metrics.ts'

it('reads what waits and what was dropped, by reason', () => {
  const text = `# HELP exhook_queue_records Waiting.
exhook_queue_records{topic="a"} 3
exhook_queue_records{topic="b"} 4
exhook_records_dropped_total{reason="queue_full",rule="x"} 2
exhook_records_dropped_total{reason="queue_full",rule="y"} 5
exhook_records_dropped_total{reason="stopped"} 0
`
  expect(parseOwnRecords(text)).toEqual({ queued: 7, dropped: { queue_full: 7 } })
  expect(parseOwnRecords('exhook_queue_records 9\n')).toEqual({ queued: 9, dropped: {} })
})
