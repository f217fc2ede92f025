import type { HookPoint } from '../hooks.ts'
import { SUBSCRIPTION_HOOKS } from '../rules/rule-input.ts'
import { shownText } from '../text/shown.ts'
import type { RuleOutcome, TopicOutcome } from '../trial/explain.ts'

/** A line about a rule: whether it made something, and why not or what, in a few words. */
export interface OutcomeLine {
  readonly made: boolean
  /** The topic filter of the event that the line is about; null: it is about the rule with all of the event. */
  readonly topic: string | null
  readonly text: string
}

/**
 * Why a rule made nothing of an event of this hook, or what it made. Of an event with several topic filters the first line sums
 * up, and one follows for each of them, unless the reason lies before all of them (`disabled`, `hook`).
 */
export function outcomeLines(outcome: RuleOutcome, hook: HookPoint): readonly OutcomeLine[] {
  const { rule, topics, reason } = outcome
  const [first] = topics
  const isOfRule = reason === 'disabled' || reason === 'hook'
  if (first === undefined || isOfRule || topics.length === 1) {
    const one = { topic: '', excludedBy: null, ...first, ...outcome }
    return [{ made: reason === null, topic: null, text: topicText(rule, one, hook) }]
  }
  const taken = topics.filter((one) => one.reason === null).length
  const sum = `${taken === 0 ? 'takes none' : `makes a record for ${taken}`} of ${topics.length} topic filters`
  return [
    { made: reason === null, topic: null, text: sum },
    ...topics.map((one) => ({
      made: one.reason === null,
      topic: one.topic,
      text: topicText(rule, one, hook),
    })),
  ]
}

function topicText(rule: RuleOutcome['rule'], outcome: TopicOutcome, hook: HookPoint): string {
  const { reason, records, errors, excludedBy } = outcome
  const isSubscription = SUBSCRIPTION_HOOKS.has(hook)
  const notes = errors.map(({ code, message }) => shownText(`${code}: ${message}`))
  switch (reason) {
    case null:
      return [`makes ${records.map(({ topic }) => topic).join(', ')}`, ...notes].join('; ')
    case 'disabled':
      return 'it is disabled'
    case 'hook':
      return `hook: it takes ${rule.hooks.join(', ')}, not ${hook}`
    case 'filter': {
      const misses = isSubscription ? 'no topic in common with' : 'the topic matches none of'
      return `filter: ${misses} ${shownText((rule.filters ?? []).join(', '))}`
    }
    case 'exclude':
      return isSubscription
        ? `exclude: ${shownText(excludedBy ?? '')} covers it`
        : `exclude: the topic matches ${shownText(excludedBy ?? '')}`
    case 'when':
      return `when: false, ${shownText(rule.when ?? '')}`
    case 'when-failed':
      return `when: it could not be told, ${notes.join('; ')}`
    case 'too-large':
      return notes.join('; ')
  }
}
