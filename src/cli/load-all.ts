import type { Config } from '../config/config.ts'
import { ConfigError, type Mistake } from '../config/config-error.ts'
import { type ConfigSources, readConfig } from '../config/load-config.ts'
import { loadRules } from '../rules/load-rules.ts'
import type { RuleSet } from '../rules/rule-set.ts'

/**
 * The configuration and the rules that it names. Throws a ConfigError with the mistakes of both, and of what does not
 * fit between them.
 */
export function loadAll(sources: ConfigSources): { readonly config: Config; readonly rules: RuleSet } {
  const { config, mistakes } = readConfig(sources)
  try {
    const rules = loadRules(config.rules)
    const all = [...mistakes, ...misfits(config, rules)]
    if (all.length > 0) throw new ConfigError(all)
    return { config, rules }
  } catch (error) {
    if (!(error instanceof ConfigError) || mistakes.length === 0 || error.mistakes[0] === mistakes[0])
      throw error
    throw new ConfigError([...mistakes, ...error.mistakes])
  }
}

/** What is right in the rules and right in the configuration, and not right together. */
function misfits({ rules: file, kafka, deadLetters, queue }: Config, { rules }: RuleSet): readonly Mistake[] {
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
