import type { Life } from './life.ts'
import type { Outcome, RunOptions } from './run-scenario.ts'

/** A queue on disk syncs each 5 ms; what was answered longer ago than this is on disk, whatever the machine does. */
const SURELY_SYNCED_MS = 1000

/** Each promise that was broken, in words; empty when all were kept. */
export function brokenPromises(outcome: Outcome, options: RunOptions): string[] {
  return [
    ...evidence(outcome, options),
    ...losses(outcome),
    ...orderAndDuplicates(outcome),
    ...replies(outcome),
    ...account(outcome),
  ]
}

const when = (broken: boolean, what: string): string[] => (broken ? [what] : [])
const sum = (lives: readonly Life[], of: (life: Life) => number): number =>
  lives.reduce((total, life) => total + of(life), 0)

export const renewalsOf = ({ lives }: Outcome): number =>
  sum(lives, ({ last }) => last.value('exhook_kafka_producer_renewals_total'))
export const recoveredOf = ({ lives }: Outcome): number => sum(lives, ({ last }) => last.ledger.recovered)

/** How many answered messages may be missing. */
export function lossBound({ scenario, lives }: Outcome): number {
  const { fault, reply } = scenario
  return reply === 'queued' && fault.fate === 'killed' ? (lives[0]?.depthAtEnd ?? 0) : 0
}

/** A run in which nothing happened shows nothing. */
function evidence({ scenario, answered, lives, inKafka }: Outcome, { rate, seconds }: RunOptions): string[] {
  const { fault } = scenario
  const [first, second] = lives
  return [
    ...when(answered < (rate * seconds) / 4, `only ${answered} calls were answered`),
    ...when(inKafka.messages === 0, 'nothing is in Kafka'),
    ...when(fault.fate === 'stopped' && first?.exitCode !== 0, `exit code ${first?.exitCode} after SIGTERM`),
    ...when((fault.fate === 'lives' ? first : second)?.exitCode !== undefined, 'the provider died by itself'),
  ]
}

function losses(outcome: Outcome): string[] {
  const { inKafka, oldestLostMs, scenario } = outcome
  const lost = inKafka.missing.length
  const bound = lossBound(outcome)
  return [
    ...when(lost > bound, `${lost} answered messages are not in Kafka, promised at most ${bound}`),
    ...when(
      scenario.queue === 'disk' && oldestLostMs > SURELY_SYNCED_MS,
      `lost what was answered ${Math.round(oldestLostMs)} ms before the end, in spite of the disk`,
    ),
  ]
}

function orderAndDuplicates(outcome: Outcome): string[] {
  const { inKafka, scenario } = outcome
  const { outOfOrder, duplicates, astray } = inKafka
  const unexplained = scenario.fault.fate === 'lives' && renewalsOf(outcome) === 0 ? duplicates : 0
  return [
    ...when(outOfOrder > 0, `${outOfOrder} out of order`),
    ...when(astray > 0, `${astray} clients on more than one partition`),
    ...when(unexplained > 0, `${unexplained} twice, and no producer id was renewed`),
  ]
}

/** While the provider lives, each call is answered in time. */
function replies({ scenario, unhooked }: Outcome): string[] {
  return when(scenario.fault.fate === 'lives' && unhooked > 0, `${unhooked} calls failed or timed out`)
}

/** The ledger balances at each scrape, and is the same as what was counted outside. */
function account(outcome: Outcome): string[] {
  const { scenario, lives, drained, calls, inKafka, firstLife } = outcome
  const unbalanced = sum(lives, (life) => life.unbalanced)
  const { ledger, value } = (lives.at(-1) as Life).last
  const otherwiseDropped = ledger.dropped - value('exhook_records_dropped_total', 'reason="rejected"')
  const broken = [
    ...when(unbalanced > 0, `the ledger did not balance in ${unbalanced} scrapes`),
    ...when(!drained, `${ledger.queued} records were still queued`),
    ...when(otherwiseDropped > 0, `${otherwiseDropped} records dropped`),
  ]
  if (scenario.fault.fate === 'lives') {
    broken.push(
      ...when(ledger.calls !== calls, `the ledger has ${ledger.calls} calls, EMQX made ${calls}`),
      ...when(
        ledger.delivered !== inKafka.messages,
        `the ledger has ${ledger.delivered} delivered, Kafka ${inKafka.messages}`,
      ),
    )
  }
  const told = lives[0]?.deliveredInAll
  const stoppedEmpty = scenario.fault.fate === 'stopped' && scenario.queue === 'memory'
  return [
    ...broken,
    ...when(
      stoppedEmpty && told !== firstLife.messages,
      `the first life told of ${told} delivered, Kafka has ${firstLife.messages}`,
    ),
  ]
}
