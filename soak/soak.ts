/**
 * `npm run soak`: the matrix of faults, replies, queues and Kafka drivers. In each scenario numbered messages of 200
 * MQTT clients go through the stand-in for EMQX to the provider and on to a real Kafka, something is broken at one
 * third of the time, and a consumer counts at the end. Ends by itself; exit code 1 when a promise was broken or a
 * scenario could not be run. `--help` tells the options.
 */
import { OPTION_BY_PATH } from '../src/config/option-list.ts'
import { type ClearAway, clearAwayOnSignal, createClearAway } from './clear-away.ts'
import { writePart } from './docs-page.ts'
import { failedRow, type MatrixRow, rowOf } from './matrix-table.ts'
import { matrixText } from './matrix-text.ts'
import { parseOptions, type SoakOptions, USAGE } from './options.ts'
import { brokenPromises } from './promises.ts'
import { runScenario } from './run-scenario.ts'
import { nameOf, type Scenario, scenariosOf } from './scenario.ts'

process.exitCode = await main()

async function main(): Promise<number> {
  const options = readOptions()
  if (typeof options === 'number') return options
  const clearAway = createClearAway()
  clearAwayOnSignal(clearAway)

  const all = scenariosOf(options.filter)
  // Until the queue on disk is built, its scenarios wait here.
  const hasDisk = OPTION_BY_PATH.has('queue.disk.path')
  const scenarios = all.filter(({ queue }) => hasDisk || queue === 'memory')
  if (scenarios.length < all.length) {
    console.log(`no queue on disk in this version: ${all.length - scenarios.length} scenarios are left out`)
  }

  const rows: MatrixRow[] = []
  const start = performance.now()
  for (const [i, scenario] of scenarios.entries()) {
    const minutes = (performance.now() - start) / 60_000
    console.log(`${i + 1}/${scenarios.length}, ${minutes.toFixed(1)} min: ${nameOf(scenario)}`)
    const row =
      minutes < options.minutes
        ? await runToRow(scenario, options, clearAway)
        : failedRow(namesOf(scenario), `no time left of ${options.minutes} minutes`)
    rows.push(row)
    console.log(`    ${row.cells.slice(4).join(' | ')}`)
  }
  const text = matrixText(rows, options)
  console.log(`\n${text}`)
  if (options.out !== null) writePart(options.out, 'matrix', text)
  return rows.every(({ kept }) => kept) ? 0 : 1
}

function readOptions(): SoakOptions | number {
  try {
    const options = parseOptions(process.argv.slice(2))
    if (options !== 'help') return options
    console.log(USAGE)
    return 0
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`)
    return 2
  }
}

async function runToRow(scenario: Scenario, options: SoakOptions, clearAway: ClearAway): Promise<MatrixRow> {
  try {
    const outcome = await runScenario(scenario, options, clearAway)
    return rowOf(outcome, brokenPromises(outcome, options))
  } catch (error) {
    return failedRow(namesOf(scenario), String((error as Error).message).split('\n')[0] ?? '')
  } finally {
    await clearAway.now()
  }
}

const namesOf = ({ fault, queue, reply, driver }: Scenario): string[] => [fault.text, queue, reply, driver]
