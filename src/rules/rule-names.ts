import type { Node } from 'yaml'
import { quoted } from '../text/quoted.ts'
import type { RuleConfig } from './rule-config.ts'
import type { YamlFile } from './yaml-file.ts'
import type { Text } from './yaml-map.ts'

/** A rule as the file has it; its name is null until it gets one. */
export interface RuleDraft extends Omit<RuleConfig, 'name'> {
  readonly name: Text | null
}

/**
 * Gives the rules without a name one made from hook and Kafka topic (`message.publish->message_state`), with a numeral
 * behind it where it is taken (`…-2`). A name that is there twice is a mistake.
 */
export function nameRules(file: YamlFile, drafts: readonly RuleDraft[]): readonly RuleConfig[] {
  const given = new Map<string, Node>()
  for (const { name } of drafts) {
    if (name === null) continue
    const first = given.get(name.text)
    if (first === undefined) given.set(name.text, name.node)
    else
      file.mistake(
        name.node,
        `the name ${quoted(name.text)} is taken on line ${file.lineOf(first)}: choose another`,
      )
  }
  const freeName = createFreeNames(given.keys())
  return drafts.map((draft) => ({ ...draft, name: draft.name?.text ?? freeName(defaultName(draft)) }))
}

function defaultName({ hooks, topic }: RuleDraft): string {
  const more = hooks.length > 1 ? `+${hooks.length - 1}` : ''
  return `${hooks[0]}${more}->${topic}`
}

function createFreeNames(given: Iterable<string>): (wanted: string) => string {
  const taken = new Set(given)
  /** Of each name, the numeral to try next: thousands of rules may have the same. */
  const numerals = new Map<string, number>()
  return (wanted) => {
    let name = wanted
    let numeral = numerals.get(wanted) ?? 2
    while (taken.has(name)) name = `${wanted}-${numeral++}`
    numerals.set(wanted, numeral)
    taken.add(name)
    return name
  }
}
