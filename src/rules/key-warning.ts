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
  // A rule's own partition goes before the key.
  const [field, text] = partition === null ? (['key', key] as const) : (['partition', partition] as const)
  if (text === null)
    return ['with `key: null` the records of a device may go to any partition: they do not keep their order']
  const names = parseTemplate(text).parts.flatMap((part) => ('variable' in part ? [part.variable] : []))
  if (names.some((name) => OF_MESSAGE.has(name)))
    return [
      `\`${field}: ${text}\` is another one for each message: the records of a device do not keep their order`,
    ]
  if (names.some((name) => tellsDevices(name, rule))) return []
  if (names.every((name) => isLiteralLevel(name, rule)))
    return [`\`${field}: ${text}\` is the same for all records: they all go to one partition`]
  return [
    `\`${field}: ${text}\` does not tell devices apart: the records of one may go to several partitions, and do not keep their order`,
  ]
}

function tellsDevices(name: string, rule: RuleConfig): boolean {
  const [head = ''] = /^[^.[]*/.exec(name) ?? []
  if (head === 'topic' && name !== head) return !isLiteralLevel(name, rule)
  return OF_DEVICE.has(head) || (head !== name && (head === 'payload' || head.endsWith('_props')))
}

/** Whether `topic[n]` is a level that the filter of the rule writes out. */
function isLiteralLevel(name: string, { filters }: RuleConfig): boolean {
  const [, index] = /^topic\[(\d+)\]$/.exec(name) ?? []
  const [only, ...others] = filters ?? []
  if (index === undefined || only === undefined || others.length > 0) return false
  const level = splitLevels(only)[Number(index)]
  return level !== undefined && level !== '+' && level !== '#'
}
