import { domainOf } from './field-domain.ts'
import { PARTITION_NUMBERS } from './partition-choice.ts'
import type { RuleConfig } from './rule-config.ts'
import { parseTemplate } from './template-text.ts'
import { splitLevels } from './topic-filter.ts'

/** The variables that are other ones for each message, so that no two of its records need meet. */
const OF_MESSAGE: ReadonlySet<string> = new Set(['id', 'timestamp', 'publish_received_at', 'payload', '.'])

/** The fields that can tell one device from another; with a path, payloads and properties can too. */
const OF_DEVICE: ReadonlySet<string> = new Set([
  'clientid',
  'username',
  'from',
  'from_clientid',
  'from_username',
  'topic',
  'peerhost',
  'cn',
  'dn',
])

/** Why the records of one device may not keep their order, or are all on one partition; one sentence, or none. */
export function keyWarning(rule: RuleConfig): readonly string[] {
  const { key, partition } = rule
  if (partition === null) return orderWarning('key', key, rule)
  // A rule's own partition goes before the key.
  if (mayBeNumber(partition, rule)) return orderWarning('partition', partition, rule)
  return [
    `\`partition: ${partition}\` never makes ${PARTITION_NUMBERS}, so that the key chooses: mend it, or remove it`,
    ...orderWarning('key', key, rule),
  ]
}

function orderWarning(field: string, text: string | null, rule: RuleConfig): readonly string[] {
  if (text === null)
    return ['with `key: null` the records of a device may go to any partition: they do not keep their order']
  const names = parseTemplate(text).parts.flatMap((part) => ('variable' in part ? [part.variable] : []))
  if (names.some((name) => OF_MESSAGE.has(name)))
    return [
      `\`${field}: ${text}\` is another one for each message: the records of a device do not keep their order`,
    ]
  if (names.every((name) => valuesOf(name, rule)?.length === 1))
    return [`\`${field}: ${text}\` is the same for all records: they all go to one partition`]
  if (names.some((name) => tellsDevices(name, rule))) return []
  return [
    `\`${field}: ${text}\` does not tell devices apart: the records of one may go to several partitions, and do not keep their order`,
  ]
}

/** Whether a template can make a number of a partition at all. */
function mayBeNumber(template: string, rule: RuleConfig): boolean {
  const { parts } = parseTemplate(template)
  return parts.every((part) => {
    const texts = 'literal' in part ? [part.literal] : valuesOf(part.variable, rule)
    return texts === null || texts.some((text) => /^\d*$/.test(text))
  })
}

function tellsDevices(name: string, rule: RuleConfig): boolean {
  const [head = ''] = /^[^.[]*/.exec(name) ?? []
  if (head === 'topic') return valuesOf(name, rule)?.length !== 1
  return OF_DEVICE.has(head) || (head !== name && (head === 'payload' || head.endsWith('_props')))
}

/** The few texts that a variable can be in the records of a rule; null: nobody knows, or they are many. */
function valuesOf(name: string, rule: RuleConfig): readonly string[] | null {
  const level = literalLevel(name, rule)
  if (level !== null) return [level]
  const domain = domainOf(name, rule)
  return domain?.kind === 'values' ? domain.values.map(String) : null
}

/** The level that `topic[n]` is, where the filter of the rule writes it out. */
function literalLevel(name: string, { filters }: RuleConfig): string | null {
  const [, index] = /^topic\[(\d+)\]$/.exec(name) ?? []
  const [only, ...others] = filters ?? []
  if (index === undefined || only === undefined || others.length > 0) return null
  const level = splitLevels(only)[Number(index)]
  return level === undefined || level === '+' || level === '#' ? null : level
}
