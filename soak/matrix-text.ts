import { circumstances } from './machine.ts'
import { type MatrixRow, markdownTable } from './matrix-table.ts'
import type { SoakOptions } from './options.ts'

/** The matrix as it stands in the docs. */
export function matrixText(rows: readonly MatrixRow[], { clients, rate, seconds }: SoakOptions): string {
  const kept = rows.filter((row) => row.kept).length
  return `## Faults × replies × queues × drivers

${circumstances()}.

In each scenario ${clients} MQTT clients (real ones, through the stand-in for EMQX, one message in flight each) publish numbered QoS 1
messages at ${rate} a second in all for ${seconds} s or more; the fault comes at one third. A consumer then compares what is in Kafka
with the hook calls that were answered. Rules with \`reply: stored\` and \`delivered\` say \`on_timeout: reject\`, so that each
answer tells whether it was kept in time. Where a fault is worse with impatience, \`kafka.request_timeout_ms\` is 3000.

- **answered**: hook calls answered in time, of which **rejected**: nobody received the message, nothing is promised of it.
  **unhooked**: calls that failed or timed out, the messages that passed while no provider listened among them.
- **lost**: answered, not rejected, and not in Kafka. Promised: 0; with \`queued\`, when the provider is killed, at most what was
  in the queue then (in brackets).
- **twice**: promised 0 while the provider lives and no producer id was renewed. **out of order**: for each client, within each
  life of the provider; promised 0.
- **kept** also says: the ledger balanced in every scrape (one a second), the queue was empty at the end, the ledger's calls and delivered
  records are those counted by EMQX and in Kafka, and while the provider lived no call failed or timed out.
- **reply p50 / p99** is before the fault; **longest** is the longest that one call was held up.

${kept} of ${rows.length} scenarios kept every promise.

${markdownTable(rows)}
`
}
