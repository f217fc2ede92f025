import { parseArgs } from 'node:util'
import { CONTRACT_VERSIONS, type ContractVersion } from '../src/hooks.ts'
import { chosen, type Scenario } from './scenarios.ts'

/** What a run of `npm run bench` does. */
export interface BenchOptions {
  readonly scenarios: readonly Scenario[]
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Before anything is measured: what a server costs until its code is compiled is another question. */
  readonly firstWarmUpSeconds: number
  readonly version: ContractVersion
  readonly load: 'go' | 'node'
  /** Where the results go; null: nowhere. */
  readonly out: string | null
}

const PAGE = 'bench/RESULTS.md'
const WHOLE = { rounds: 3, seconds: 2, warmUp: 0.7, first: 3 }
const QUICK = { rounds: 1, seconds: 1, warmUp: 0.4, first: 1.5 }

/**
 * Reads the words behind `npm run bench --`. A part of a run is written nowhere unless `--out` says where.
 * @throws Error that names what is wrong and what can be said.
 */
export function benchOptions(words: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'warm-up': { type: 'string' },
      quick: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      contract: { type: 'string', default: 'v2' },
      load: { type: 'string', default: 'go' },
      out: { type: 'string' },
    },
  })
  const only = values.only.split(',').filter((word) => word !== '')
  const usual = values.quick ? QUICK : WHOLE
  return {
    scenarios: chosen(only, values.quick),
    rounds: number('rounds', values.rounds, usual.rounds, 1),
    seconds: number('seconds', values.seconds, usual.seconds, 0.1),
    warmUpSeconds: number('warm-up', values['warm-up'], usual.warmUp, 0),
    firstWarmUpSeconds: usual.first,
    version: oneOf('contract', values.contract, CONTRACT_VERSIONS),
    load: oneOf('load', values.load, ['go', 'node']),
    out: values.out ?? (values.quick || only.length > 0 ? null : PAGE),
  }
}

function number(name: string, text: string | undefined, usual: number, least: number): number {
  const value = text === undefined ? usual : Number(text)
  if (!(value >= least)) throw new Error(`--${name} is a number of at least ${least}, not ${text}`)
  return value
}

function oneOf<T extends string>(name: string, text: string, known: readonly T[]): T {
  const value = known.find((one) => one === text)
  if (value === undefined) throw new Error(`--${name} is one of ${known.join(', ')}, not ${text}`)
  return value
}
