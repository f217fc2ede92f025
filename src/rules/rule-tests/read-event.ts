import { isMap, type Node } from 'yaml'
import { HOOKS, type HookPoint } from '../../hooks.ts'
import { quoted } from '../../text/quoted.ts'
import { EVENT_FIELDS, type EventField, FIELD_OF } from '../event-fields.ts'
import { FIELD_CHOICES, largestOf } from '../field-domain.ts'
import { readChoice } from '../policy-fields.ts'
import { readHook } from '../rule-fields.ts'
import type { YamlFile } from '../yaml-file.ts'
import { described, type Entry, type Keys, readBoolean, readMap, readText, readTexts } from '../yaml-map.ts'
import { readBase64, readPayload } from './read-payload.ts'
import { readProperties } from './read-properties.ts'
import { readWholeNumber } from './read-whole-number.ts'
import type { TrialEvent, WrittenEvent } from './written-event.ts'

/** The names of templates and conditions, which are those of the format `emqx`: its JSON can be read again as it is. */
export const EVENT_KEYS: Keys = {
  known: new Set([...EVENT_FIELDS.map(({ name }) => name), 'payload_base64', 'request_base64']),
  later: new Set(),
}

/** Both name the publisher, where the client is somebody else. */
const PUBLISHER = ['from', 'from_clientid'] as const

/**
 * Reads an event that a person wrote, or a recorded hook call, from a map of JSON or YAML. `at` is where to complain of
 * what is no map. null after noting that it is none, or that nothing can be told of it without its hook.
 */
export function readEvent(file: YamlFile, at: Node | null, node: Node | null): TrialEvent | null {
  if (!isMap(node)) {
    file.mistake(at, `an event must be a map, as in {"event": "message.publish", …}, not ${described(node)}`)
    return null
  }
  const { entries, meant } = readMap(file, node, EVENT_KEYS)
  const eventEntry = entries.get('event')
  if (eventEntry === undefined) {
    if (!meant.has('event'))
      file.mistake(at, 'the event has no `event`: write its hook, as in `message.publish`')
    return null
  }
  const hook = readHook(file, eventEntry)
  if (hook === null) return null
  const request = entries.get('request_base64')
  return request === undefined
    ? readWritten(file, at, hook, entries)
    : readRecorded(file, hook, request, entries)
}

function readRecorded(
  file: YamlFile,
  hook: HookPoint,
  request: Entry,
  entries: ReadonlyMap<string, Entry>,
): TrialEvent | null {
  for (const [name, { key }] of entries)
    if (!['event', 'timestamp', 'request_base64'].includes(name))
      file.mistake(key, `\`request_base64\` is the whole hook call: remove ${quoted(name)}`)
  const bytes = readBase64(file, request)
  const timestamp = entries.get('timestamp')
  const receivedAtMs =
    timestamp === undefined ? null : readWholeNumber(file, timestamp, Number.MAX_SAFE_INTEGER)
  return bytes === null ? null : { kind: 'recorded', hook, request: bytes, receivedAtMs }
}

function readWritten(
  file: YamlFile,
  at: Node | null,
  hook: HookPoint,
  entries: ReadonlyMap<string, Entry>,
): WrittenEvent {
  const place = HOOKS.get(hook)?.topic ?? 'none'
  for (const [name, { key }] of entries) {
    const known = name === 'payload_base64' ? place === 'message' : FIELD_OF.get(name)?.hooks.has(hook)
    if (!known) file.mistake(key, `${hook} has no ${quoted(name)}: remove it`)
  }
  const own = [...entries].flatMap(([name, entry]) => {
    const field = FIELD_OF.get(name)
    return field?.hooks.has(hook) ? [{ field, entry }] : []
  })

  const fields = new Map<string, string | number | boolean>()
  let properties: Pick<WrittenEvent, 'props' | 'userProps'> = { props: [], userProps: [] }
  for (const { field, entry } of own) {
    if (field.type === 'map') properties = readProperties(file, entry)
    else if (!ELSEWHERE.has(field.name)) {
      const value = readField(file, field, entry)
      if (value !== null) fields.set(field.name, value)
    }
  }
  checkPublisher(file, hook, fields, entries)
  const topic = entries.get('topic')
  if (place !== 'none' && topic === undefined)
    file.mistake(at, `the event has no \`topic\`: ${hook} is about one, and rules match it`)
  return {
    kind: 'written',
    hook,
    fields,
    topics: topic === undefined || place === 'none' ? [] : readTopics(file, topic, place === 'filters'),
    payload: place === 'message' ? readPayload(file, entries) : null,
    ...properties,
  }
}

/** They are read by themselves. */
const ELSEWHERE: ReadonlySet<string> = new Set(['event', 'topic', 'payload', 'payload_encoding'])

function readField(
  file: YamlFile,
  { name, type }: EventField,
  entry: Entry,
): string | number | boolean | null {
  if (name === 'action') return readChoice(file, entry, FIELD_CHOICES.action)
  if (type === 'int') return readWholeNumber(file, entry, largestOf(name))
  if (type === 'bool') return readBoolean(file, entry)
  return readText(file, entry)?.text ?? null
}

function readTopics(file: YamlFile, entry: Entry, several: boolean): readonly string[] {
  const texts = several ? readTexts(file, entry) : readText(file, entry)
  if (texts === null) return []
  return 'text' in texts ? [texts.text] : texts.map(({ text }) => text)
}

/** Two names of one thing that say different things. */
function checkPublisher(
  file: YamlFile,
  hook: HookPoint,
  fields: ReadonlyMap<string, string | number | boolean>,
  entries: ReadonlyMap<string, Entry>,
): void {
  const receipt = FIELD_OF.get('from_clientid')?.hooks.has(hook) === true
  const [one, other] = receipt ? PUBLISHER : (['clientid', 'from'] as const)
  const [a, b] = [fields.get(one), fields.get(other)]
  if (a !== undefined && b !== undefined && a !== b)
    file.mistake(
      entries.get(other)?.key ?? null,
      `\`${one}\` and \`${other}\` are the same client of a ${hook}: keep one of them`,
    )
}
