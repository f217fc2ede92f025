import type { ReloadReport } from '../admin/reload-page.ts'
import { formatMistake } from '../config/config-error.ts'
import type { ReloadOutcome } from './rule-reload.ts'

/** More mistakes than these are a number. */
const MAX_MISTAKES = 100

/** What somebody who asked by HTTP is told. `rules`: how many are in force now. */
export function reloadReport(outcome: ReloadOutcome, rules: number): ReloadReport {
  const { result } = outcome
  if (result === 'ok') return { result, rules, ...outcome.change }
  if (result !== 'mistake') return { result, rules }
  const { mistakes } = outcome
  return {
    result,
    rules,
    count: mistakes.length,
    mistakes: mistakes.slice(0, MAX_MISTAKES).map(formatMistake),
  }
}
