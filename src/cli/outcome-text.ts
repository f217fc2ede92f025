import { shownText } from '../text/shown.ts'
import type { RuleOutcome } from '../trial/explain.ts'

/** Why a rule made nothing of an event of this hook, or what it made, in a few words. `topics` are those of the event. */
export function outcomeText({ rule, reason, records, errors }: RuleOutcome, hook: string): string {
  const notes = errors.map(({ code, message }) => shownText(`${code}: ${message}`))
  switch (reason) {
    case null:
      return [`makes ${records.map(({ topic }) => topic).join(', ')}`, ...notes].join('; ')
    case 'disabled':
      return 'it is disabled'
    case 'hook':
      return `hook: it takes ${rule.hooks.join(', ')}, not ${hook}`
    case 'filter':
      return `filter: the topic matches none of ${shownText((rule.filters ?? []).join(', '))}`
    case 'exclude':
      return `exclude: the topic matches one of ${shownText(rule.exclude.join(', '))}`
    case 'when':
      return `when: false, ${shownText(rule.when ?? '')}`
    case 'when-failed':
      return `when: it could not be told, ${notes.join('; ')}`
    case 'too-large':
      return notes.join('; ')
  }
}
