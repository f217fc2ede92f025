import type { Config } from '../config/config.ts'
import type { Mistake } from '../config/config-error.ts'
import type { RuleSet } from '../rules/rule-set.ts'

/** What of the configuration rules have to fit. */
export type FitConfig = Pick<Config, 'rules' | 'kafka' | 'deadLetters' | 'queue'>

/** What is right in the rules and right in the configuration, and not right together. */
export function misfits(
  { rules: file, kafka, deadLetters, queue }: FitConfig,
  { rules }: RuleSet,
): readonly Mistake[] {
  const found: Mistake[] = []
  const own = rules.find(({ topic, allow }) => (allow ?? [topic]).includes(deadLetters.topic))
  if (own !== undefined) {
    const writes = own.allow === null ? 'writes' : 'may write'
    const message = `rule ${own.name} ${writes} to ${deadLetters.topic}, which is dead_letters.topic: choose another for one`
    found.push({ file, message })
  }
  const stored = rules.filter(({ policy }) => policy.reply === 'stored').map(({ name }) => name)
  if (stored.length > 0 && queue.disk.path === null) {
    const message = `\`reply: stored\` (in ${stored.join(', ')}) needs a disk: set queue.disk.path, or use \`queued\` or \`delivered\``
    found.push({ file, message })
  }
  const { size } = new Set(rules.flatMap(({ topic, allow }) => (allow === null ? [topic] : [])))
  if (size > kafka.maxTopics) {
    const message = `the rules name ${size} Kafka topics and kafka.max_topics allows ${kafka.maxTopics}: raise it, or use fewer`
    found.push({ file, message })
  }
  return found
}
