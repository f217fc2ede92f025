import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import type { HookPoint } from '../hooks.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { type ConditionProblem, costProblem, MAX_PARTS, partsOf, workOf } from './condition-cost.ts'
import { EVENT_FIELDS, type EventField, FIELD_OF, type FieldType } from './event-fields.ts'
import type { RuleInput } from './rule-input.ts'
import type { RuleError } from './surroundings.ts'

/** Whether a condition holds for an event; an error when it could not be told, which counts as no. Never throws. */
export type Condition = (input: RuleInput) => boolean | RuleError

/**
 * Compiles a condition in CEL that conditionProblem has found nothing wrong with, for a rule of these hooks. Only the
 * fields that it names are read of an event; the payload is parsed only when it names that.
 */
export function compileCondition(text: string, hooks: readonly HookPoint[]): Condition {
  const evaluate = environmentFor(hooks).parse(text)
  const readers = readersOf(evaluate.ast)
  const work = workOf(evaluate.ast)
  const isWork = work.items + work.values + work.bytes > 0
  // Type-checks the expression once and for all.
  evaluate.check()
  return (input) => {
    const limit = Error.stackTraceLimit
    // Nobody sees the stack, and a device that leaves a field out would pay, with it, for three events.
    Error.stackTraceLimit = 0
    try {
      const values: Record<string, unknown> = {}
      for (const [name, read] of readers) values[name] = read(input)
      if (isWork && !input.mayWork(work)) return TOO_COSTLY
      const result: unknown = evaluate(values)
      return typeof result === 'boolean' ? result : NO_TRUTH_VALUE
    } catch (error) {
      return failureOf(error)
    } finally {
      Error.stackTraceLimit = limit
    }
  }
}

/** A condition without mistakes, taken apart: its tree, and a way to evaluate a part of it that names no field; null: no truth value. */
export function parseCondition(
  text: string,
  hooks: readonly HookPoint[],
): { readonly ast: ASTNode; readonly evaluate: (part: string) => boolean | null } {
  const environment = environmentFor(hooks)
  return {
    ast: environment.parse(text).ast,
    evaluate(part) {
      try {
        const value: unknown = environment.evaluate(part, {})
        return typeof value === 'boolean' ? value : null
      } catch {
        return null
      }
    },
  }
}

/** What is wrong with a condition for a rule of these hooks, with the fix; null when nothing is. */
export function conditionProblem(text: string, hooks: readonly HookPoint[]): ConditionProblem | null {
  const environment = environmentFor(hooks)
  let parsed: ReturnType<Environment['parse']>
  try {
    parsed = environment.parse(text)
  } catch (error) {
    return problemOf(error, hooks, 'this is no CEL')
  }
  const costly = costProblem(parsed.ast)
  const { valid, type, error } = parsed.check()
  // First whether there is such a function at all.
  if (!valid) return problemOf(error, hooks, 'this cannot be')
  if (costly !== null) return costly
  if (type === 'bool' || type === 'dyn') return null
  return {
    message: `it makes a value of the type ${type}, not true or false: compare it with something`,
    at: 0,
  }
}

const CEL_TYPES: { readonly [type in FieldType]: string } = {
  string: 'string',
  int: 'int',
  bool: 'bool',
  json: 'dyn',
  map: 'map<string, dyn>',
}

/** Knows the fields that all of these hooks have. */
function environmentFor(hooks: readonly HookPoint[]): Environment {
  const environment = new Environment({ limits: { maxAstNodes: MAX_PARTS, maxDepth: 50 } })
  for (const { name, type, hooks: having } of EVENT_FIELDS) {
    if (hooks.every((hook) => having.has(hook))) environment.registerVariable(name, CEL_TYPES[type])
  }
  return environment
}

type ReadValue = (input: RuleInput) => unknown

/** How to read the fields that an expression names. */
function readersOf(ast: ASTNode): readonly (readonly [string, ReadValue])[] {
  const names = new Set(partsOf(ast).flatMap((part) => (part.op === 'id' ? [part.args] : [])))
  return [...names].flatMap((name) => {
    const field = FIELD_OF.get(name)
    return field === undefined ? [] : [[name, valueReader(field)] as const]
  })
}

const EMPTY = {}

/** CEL's int is a BigInt here; what an event does not carry is the empty value of its type, but a payload that is no JSON is nothing. */
function valueReader({ type, read }: EventField): ReadValue {
  switch (type) {
    case 'json':
      return (input) => input.celPayload()
    case 'int':
      return (input) => BigInt(Math.trunc(Number(read(input) ?? 0)))
    case 'map':
      return (input) => read(input) ?? EMPTY
    case 'bool':
      return (input) => read(input) ?? false
    case 'string':
      return (input) => read(input) ?? ''
  }
}

const NO_TRUTH_VALUE: RuleError = {
  code: 'CONDITION_FAILED',
  message: 'it made a value that is neither true nor false',
}

const TOO_COSTLY: RuleError = {
  code: 'CONDITION_FAILED',
  message: 'the conditions of this event would take too long: it is too large for them',
}

/** The library's code for the error and its place; its text may hold what a device sent. */
function failureOf(error: unknown): RuleError {
  const { code, range } = error as { readonly code?: unknown; readonly range?: { readonly start: number } }
  // Every field that the expression names has a value, but for a payload that is no JSON.
  if (code === 'unknown_variable') return { code: 'CONDITION_FAILED', message: 'the payload is no JSON' }
  const what = typeof code === 'string' ? code.replaceAll('_', ' ') : 'it could not be evaluated'
  const where = range === undefined ? '' : `, at character ${range.start + 1} of \`when\``
  return { code: 'CONDITION_FAILED', message: `${what}${where}` }
}

function problemOf(error: unknown, hooks: readonly HookPoint[], what: string): ConditionProblem {
  const { code, summary, range } = error as {
    readonly code?: string
    readonly summary?: string
    readonly range?: { readonly start: number }
  }
  const at = range?.start ?? 0
  const unknown = code === 'unknown_variable' ? /: (\S+)$/.exec(summary ?? '')?.[1] : undefined
  if (unknown !== undefined) return { message: unknownProblem(unknown, hooks), at }
  const told = error instanceof RangeError ? 'it is nested too deeply' : (summary ?? String(error))
  return { message: `${what}: ${told}`, at }
}

function unknownProblem(name: string, hooks: readonly HookPoint[]): string {
  const field = FIELD_OF.get(name)
  if (field !== undefined) {
    const lacking = hooks.filter((hook) => !field.hooks.has(hook))
    return `${lacking.join(', ')} ${lacking.length === 1 ? 'has' : 'have'} no ${quoted(name)}: use another field, or split the rule`
  }
  const usable = EVENT_FIELDS.filter(({ hooks: having }) => hooks.every((hook) => having.has(hook)))
  const names = usable.map(({ name: one }) => one)
  const meant = didYouMean(name, names)
  const fix = meant === undefined ? `: use one of ${names.join(', ')}` : `, did you mean \`${meant}\`?`
  return `there is no field ${quoted(name)}${fix}`
}
