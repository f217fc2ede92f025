import type { ReadinessPart } from '../admin/readiness.ts'
import { formatMistake } from '../config/config-error.ts'
import { counted } from '../text/table.ts'
import type { RulesStatus } from './rule-reload.ts'

/** More mistakes than these are a number. */
const MAX_MISTAKES = 3

/** The part `rules` of readiness: not ok while the file has mistakes, so that older rules are in force. */
export function rulesPart({ rules, loadedAtMs, mistakes }: RulesStatus): ReadinessPart {
  const since = `in force since ${new Date(loadedAtMs).toISOString()}`
  if (mistakes.length === 0) return { name: 'rules', ok: true, detail: `${counted(rules, 'rule')} ${since}` }
  const shown = mistakes.slice(0, MAX_MISTAKES).map(formatMistake).join('; ')
  const more = mistakes.length > MAX_MISTAKES ? `; and ${mistakes.length - MAX_MISTAKES} more` : ''
  const what = `the file has ${counted(mistakes.length, 'mistake')}, older rules are ${since}`
  return { name: 'rules', ok: false, detail: `${what}: ${shown}${more}` }
}
