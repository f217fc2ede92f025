import type { HookPoint } from '../hooks.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { escaped, quoted } from '../text/quoted.ts'
import { type EventField, emqxEvent, FIELD_OF } from './event-fields.ts'
import { isInexact, isWithoutValue } from './json-payload.ts'
import type { RuleInput } from './rule-input.ts'
import { parsePath, type Step, valueAt, valueText } from './value-path.ts'

/** Reads a value of an event as text. Never throws; '' where the event does not carry it. */
export type Reader = (input: RuleInput) => string

/**
 * What `${name}` reads; null when there is no such variable. A name is that of a field (event-fields.ts), `payload` and
 * the maps of properties with a path behind it (`payload.a.b`, `payload.list[0]`), `topic[n]` for a level of the topic,
 * or `.` for the whole event as the JSON of the format `emqx`.
 */
export function readerOf(name: string): Reader | null {
  if (name === '.') return (input) => input.wholeJson(() => JSON.stringify(emqxEvent(input)))
  const { field, path } = partsOf(name)
  if (field === undefined || path === null) return null
  if (path.length === 0) return fieldReader(field)
  if (field.name === 'topic') return isLevel(path) ? levelReader(path[0]) : null
  if (field.name === 'payload') return payloadReader(path)
  return field.type === 'map' ? (input) => valueText(valueAt(field.read(input), path)) : null
}

/** What is wrong with `${name}` for a rule of these hooks, with the fix; null when nothing is. */
export function variableProblem(name: string, hooks: readonly HookPoint[]): string | null {
  if (name === '.') return null
  if (escaped(name) !== name) return `${shown(name)} holds a control character: remove it`
  const { field, path, head } = partsOf(name)
  if (field === undefined) return unknownProblem(name, head, hooks)
  if (path === null || readerOf(name) === null) return pathProblem(name, field)
  const lacking = hooks.filter((hook) => !field.hooks.has(hook))
  if (lacking.length === 0) return null
  const verb = lacking.length === 1 ? 'has' : 'have'
  return `${lacking.join(', ')} ${verb} no ${shown(head)}: use another variable, or split the rule`
}

function fieldReader({ read, type }: EventField): Reader {
  return type === 'string'
    ? (input) => (read(input) as string | undefined) ?? ''
    : (input) => valueText(read(input))
}

function payloadReader(path: readonly Step[]): Reader {
  return (input) => {
    const json = input.json()
    if (isWithoutValue(json)) return ''
    const value = valueAt(json, path)
    return valueText(isInexact(value) ? valueAt(input.exactJson(), path) : value)
  }
}

const isLevel = (path: readonly Step[]): path is readonly [number] =>
  path.length === 1 && typeof path[0] === 'number'

/** The level of the topic at `index`, from 0; '' when the topic has fewer. Reads no further than that level. */
function levelReader(index: number): Reader {
  return ({ plainTopic }) => {
    let start = 0
    for (let level = 0; level < index; level++) {
      const slash = plainTopic.indexOf('/', start)
      if (slash === -1) return ''
      start = slash + 1
    }
    const end = plainTopic.indexOf('/', start)
    return end === -1 ? plainTopic.slice(start) : plainTopic.slice(start, end)
  }
}

interface NameParts {
  readonly head: string
  readonly field: EventField | undefined
  /** null: what follows the head is no path. */
  readonly path: readonly Step[] | null
}

function partsOf(name: string): NameParts {
  const head = /^[^.[]*/.exec(name)?.[0] ?? ''
  return { head, field: FIELD_OF.get(head), path: parsePath(name.slice(head.length)) }
}

const shown = (name: string): string => quoted(`\${${name}}`)

function unknownProblem(name: string, head: string, hooks: readonly HookPoint[]): string {
  const usable = [...FIELD_OF].flatMap(([one, field]) =>
    hooks.every((hook) => field.hooks.has(hook)) ? [one] : [],
  )
  const meant = didYouMean(head, FIELD_OF.keys())
  const fix =
    meant === undefined
      ? `: use one of ${usable.join(', ')}`
      : `, did you mean \`\${${meant}${name.slice(head.length)}}\`?`
  return `there is no variable ${shown(name)}${fix}`
}

function pathProblem(name: string, { name: head, type }: EventField): string {
  if (head === 'topic')
    return `${shown(name)} is no level of the topic: write a number from 0, as in \`\${topic[1]}\``
  if (type === 'json' || type === 'map')
    return `${shown(name)} is no path: write names and indexes, as in \`\${${head}.list[0].name}\``
  return `${shown(head)} has no parts: write it alone`
}
