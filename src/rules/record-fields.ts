import type { HookPoint } from '../hooks.ts'
import { quoted } from '../text/quoted.ts'
import { allowProblem, canMake } from './allowed-topics.ts'
import { partitionOf } from './kafka-record.ts'
import { kafkaTopicProblem } from './kafka-topic.ts'
import { PARTITION_NUMBERS } from './partition-choice.ts'
import { templateProblems } from './template.ts'
import { hasVariables, parseTemplate } from './template-text.ts'
import { levelProblems } from './topic-levels.ts'
import type { YamlFile } from './yaml-file.ts'
import {
  type Entry,
  isWrittenNull,
  readText,
  readTextMap,
  readTexts,
  type Text,
  type Wanted,
} from './yaml-map.ts'

// The fields of a rule that say what its records are like. Each reader notes what is wrong and gives what is right.

/** The Kafka topic, and what `allow` lets its template make. */
export interface TopicField {
  readonly topic: string
  readonly allow: readonly string[] | null
}

export function readTopic(
  file: YamlFile,
  entry: Entry,
  allowEntry: Entry | undefined,
  hooks: readonly HookPoint[],
  filters: readonly string[] | null,
): TopicField {
  const allow = allowEntry === undefined ? null : readAllow(file, allowEntry)
  const topic = readText(file, entry)
  if (topic === null) return { topic: '', allow: null }
  const problems = [...templateProblems(topic.text, hooks), ...levelProblems(topic.text, { hooks, filters })]
  for (const problem of problems) file.mistake(topic.node, `in \`topic\`, ${problem}`)
  if (problems.length > 0) return { topic: topic.text, allow: [] }
  if (hasVariables(topic.text)) {
    const literal = textAround(topic.text)
    if (!KAFKA_CHARACTERS.test(literal))
      file.mistake(
        topic.node,
        `in \`topic\`, only ${KAFKA_ALLOWS} may stand around a variable: Kafka allows no other`,
      )
    checkAllow(file, topic, allowEntry, allow)
    return { topic: topic.text, allow: (allow ?? []).map(({ text }) => text) }
  }
  if (allowEntry !== undefined)
    file.mistake(allowEntry.key, '`allow` is for templates, and this `topic` is a fixed name: remove it')
  const problem = kafkaTopicProblem(topic.text)
  if (problem !== null) file.mistake(topic.node, `\`topic\` cannot be ${quoted(topic.text)}: ${problem}`)
  return { topic: topic.text, allow: null }
}

const KAFKA_CHARACTERS = /^[a-zA-Z0-9._-]*$/
const KAFKA_ALLOWS = 'letters, digits, `.`, `_` and `-`'

/** What of a template is the same for every event. */
const textAround = (template: string): string =>
  parseTemplate(template)
    .parts.map((part) => ('literal' in part ? part.literal : ''))
    .join('')

function readAllow(file: YamlFile, entry: Entry): readonly Text[] {
  return (readTexts(file, entry) ?? []).filter(({ text, node }) => {
    const problem = allowProblem(text)
    if (problem !== null) file.mistake(node, `\`allow\` cannot have ${quoted(text)}: ${problem}`)
    return problem === null
  })
}

function checkAllow(
  file: YamlFile,
  topic: Text,
  entry: Entry | undefined,
  allow: readonly Text[] | null,
): void {
  if (entry === undefined)
    file.mistake(
      topic.node,
      'devices choose this `topic`: say which Kafka topics they may choose, as in `allow: [vehicles.*]`',
    )
  for (const { text, node } of allow ?? []) {
    if (!canMake(topic.text, text))
      file.mistake(
        node,
        `\`topic\` begins otherwise and never makes ${quoted(text)}: remove it, or correct it`,
      )
  }
}

/** null: records without a key. */
export function readKey(file: YamlFile, entry: Entry, hooks: readonly HookPoint[]): string | null {
  if (isWrittenNull(entry)) return null
  if (entry.value === null) {
    file.mistake(entry.key, '`key` is empty: write `null` for no key, or leave it out for `${clientid}`')
    return null
  }
  const key = readText(file, entry)
  if (key === null) return null
  if (key.text === '')
    file.mistake(key.node, 'an empty `key` puts every record on one partition: write `null` for no key')
  noteTemplateProblems(file, key, '`key`', hooks)
  return key.text
}

/** More headers than this are no metadata any more. */
export const MAX_HEADERS = 50
/** The headers that every record has, and those of dead letters, are not a rule's to write. */
export const OUR_HEADERS = /^(emqx-event|emqx-message-id|exhook-.*)$/i

export function readHeaders(
  file: YamlFile,
  entry: Entry,
  hooks: readonly HookPoint[],
): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const { name, value } of readTextMap(file, entry, 'the header ') ?? []) {
    const problem = headerNameProblem(name.text)
    if (problem !== null) file.mistake(name.node, `a header cannot be named ${quoted(name.text)}: ${problem}`)
    noteTemplateProblems(file, value, `the header ${quoted(name.text)}`, hooks)
    headers.set(name.text, value.text)
  }
  if (headers.size > MAX_HEADERS)
    file.mistake(entry.key, `\`headers\` has ${headers.size} of them: ${MAX_HEADERS} are allowed`)
  return headers
}

function headerNameProblem(name: string): string | null {
  if (OUR_HEADERS.test(name)) return 'exhook-kafka writes it itself: choose another'
  if (name === '__proto__') return 'choose another'
  return /^[\x21-\x7e]{1,200}$/.test(name) ? null : 'write 1 to 200 letters, digits and signs, without blanks'
}

const PARTITION: Wanted = {
  what: `${PARTITION_NUMBERS}, or a template that makes one`,
  fix: (value) => (value === null ? 'leave it out, so that the key decides' : null),
}

/** A number of a partition as text, or a template; null when there is none. */
export function readPartition(file: YamlFile, entry: Entry, hooks: readonly HookPoint[]): string | null {
  const number = entry.value !== null && 'value' in entry.value ? entry.value.value : null
  const written = typeof number === 'number' && entry.value !== null
  const partition = written ? { text: String(number), node: entry.value } : readText(file, entry, PARTITION)
  if (partition === null) return null
  const isWell = noteTemplateProblems(file, partition, '`partition`', hooks)
  if (isWell && !hasVariables(partition.text) && partitionOf(partition.text) === null)
    file.mistake(partition.node, `\`partition\` must be ${PARTITION.what}, not ${quoted(partition.text)}`)
  return partition.text
}

/** Whether there are none. */
function noteTemplateProblems(
  file: YamlFile,
  text: Text,
  where: string,
  hooks: readonly HookPoint[],
): boolean {
  const problems = templateProblems(text.text, hooks)
  for (const problem of problems) file.mistake(text.node, `in ${where}, ${problem}`)
  return problems.length === 0
}
