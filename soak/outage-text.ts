import type { Comparison } from '../test/support/compare.ts'
import type { CatchUp } from './catch-up.ts'
import type { Life } from './life.ts'
import { circumstances } from './machine.ts'
import { type OutageSample, SAMPLE_HEAD, sampleRow } from './outage-log.ts'

export interface OutageCount {
  readonly caughtUp: CatchUp
  readonly calls: number
  readonly rejected: number
  readonly unhooked: number
  readonly inKafka: Comparison
  readonly life: Life
}

export interface OutageRun extends OutageCount {
  readonly minutes: number
  readonly rate: number
  readonly reply: string
  readonly queue: string
  readonly driver: string
}

/** Catching up is at least so many times as fast as the events come. */
const CATCH_UP_RATIO = 10
/** RSS is flat when the last third of the outage needs no more than this beyond the second. */
const FLAT_WITHIN = 1.1
/** One sample for each third says nothing. */
const FLAT_FROM_SAMPLES = 9

/** The outage as it stands in the docs, and each promise it broke. */
export function outageText(
  run: OutageRun,
  samples: readonly OutageSample[],
): { readonly text: string; readonly broken: readonly string[] } {
  const { caughtUp, inKafka, life, rate } = run
  const { ledger, value } = life.last
  const ratio = caughtUp.recordsPerSecond / rate
  const verdicts = [
    verdict(inKafka.missing.length === 0, `${inKafka.missing.length} answered messages lost`),
    verdict(
      inKafka.duplicates === 0 || value('exhook_kafka_producer_renewals_total') > 0,
      `${inKafka.duplicates} twice, ${value('exhook_kafka_producer_renewals_total')} producer ids renewed`,
    ),
    verdict(inKafka.outOfOrder === 0, `${inKafka.outOfOrder} out of order for their client`),
    verdict(
      run.unhooked === 0,
      `${run.unhooked} of ${run.calls} hook calls failed or timed out, ${run.rejected} rejected`,
    ),
    verdict(
      ratio >= CATCH_UP_RATIO,
      `caught up with ${caughtUp.backlog} records in ${(caughtUp.tookMs / 1000).toFixed(1)} s, begun ` +
        `${(caughtUp.noticedMs / 1000).toFixed(1)} s after Kafka answered: ${Math.round(caughtUp.recordsPerSecond)} records/s, ` +
        `${ratio.toFixed(1)} × the live rate (promised ${CATCH_UP_RATIO})`,
    ),
    flatness(samples),
    verdict(
      life.unbalanced === 0 &&
        ledger.queued === 0 &&
        ledger.dropped === 0 &&
        ledger.delivered === inKafka.messages,
      `the ledger balanced in ${life.scrapes - life.unbalanced} of ${life.scrapes} scrapes; ${ledger.delivered} delivered, ` +
        `${inKafka.messages} in Kafka, ${ledger.dropped} dropped, ${ledger.queued} queued`,
    ),
  ]
  const text = `## Kafka away for ${run.minutes} minutes

${circumstances()}.

Kafka is killed while 200 MQTT clients go on publishing ${rate} messages of 160 bytes a second; reply \`${run.reply}\`, queue in ${run.queue},
driver ${run.driver}.

${verdicts.map(({ kept, what }) => `- ${kept ? 'kept' : '**BROKEN**'}: ${what}`).join('\n')}

${[SAMPLE_HEAD, ...samples.map(sampleRow)].join('\n')}
`
  return { text, broken: verdicts.filter(({ kept }) => !kept).map(({ what }) => what) }
}

const verdict = (kept: boolean, what: string) => ({ kept, what })

function flatness(samples: readonly OutageSample[]) {
  const outage = samples.filter(({ phase }) => phase === 'outage').map(({ rssBytes }) => rssBytes / 1e6)
  const third = Math.floor(outage.length / 3)
  const middle = Math.max(...outage.slice(third, 2 * third))
  const last = Math.max(...outage.slice(-third))
  if (outage.length < FLAT_FROM_SAMPLES) {
    return verdict(
      true,
      `RSS at most ${Math.max(...outage).toFixed(0)} MB (too short to say whether it is flat)`,
    )
  }
  return verdict(
    last <= middle * FLAT_WITHIN,
    `RSS at most ${middle.toFixed(0)} MB in the second third of the outage, ${last.toFixed(0)} MB in the last`,
  )
}
