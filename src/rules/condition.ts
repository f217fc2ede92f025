import type { ASTNode } from '@marcbachmann/cel-js'
import type { HookPoint } from '../hooks.ts'
import { partsOf, workOf } from './condition-cost.ts'
import { type CelError, environmentFor } from './condition-environment.ts'
import { type EventField, FIELD_OF } from './event-fields.ts'
import {
  isWithoutValue,
  NO_JSON,
  reasonWithoutValue,
  TOO_DEEP,
  TOO_LARGE,
  type WithoutValue,
} from './json-payload.ts'
import type { RuleInput } from './rule-input.ts'
import type { RuleError, RuleErrorCode } from './surroundings.ts'

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
      return failureOf(error, input)
    } finally {
      Error.stackTraceLimit = limit
    }
  }
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
function failureOf(error: unknown, input: RuleInput): RuleError {
  const { code, range, summary } = error as CelError
  // Every field that the expression names has a value, but for a payload that has none.
  if (code === 'unknown_variable') {
    const json = input.json()
    const why = isWithoutValue(json) ? json : NO_JSON
    return { code: CODES[why] ?? 'CONDITION_FAILED', message: reasonWithoutValue(why) }
  }
  const what = typeof code === 'string' ? code.replaceAll('_', ' ') : 'it could not be evaluated'
  const where = range === undefined ? '' : `, at character ${range.start + 1} of \`when\``
  return {
    code: 'CONDITION_FAILED',
    message: `${what}${where}${MIXED.test(summary ?? '') ? AS_DOUBLES : ''}`,
  }
}

const CODES: { readonly [why in WithoutValue]?: RuleErrorCode } = {
  [TOO_LARGE]: 'JSON_TOO_LARGE',
  [TOO_DEEP]: 'JSON_TOO_DEEP',
}

/** The library calculated with a number of JSON, which is a double, and a whole number. */
const MIXED = /: (dyn<)?(double|int)>? [-+*/] (dyn<)?(?!\2)(double|int)>?$/
const AS_DOUBLES = ': a number of JSON is a double, calculate with doubles, as in `1.0`, or `double(…)`'
