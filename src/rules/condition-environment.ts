import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import type { HookPoint } from '../hooks.ts'
import type { Checker } from './condition-checker.ts'
import { COMPREHENSIONS, MAX_PARTS } from './condition-cost.ts'
import { EVENT_FIELDS, type FieldType } from './event-fields.ts'

// Nothing else calls the library.

/** An error of the library; its places are from 0. */
export interface CelError {
  readonly code?: string
  readonly summary?: string
  readonly range?: { readonly start: number; readonly end: number }
  readonly node?: unknown
}

/** An expression as the library has it: to be called with the values of its fields. */
export type Parsed = ReturnType<Environment['parse']>

const CEL_TYPES: { readonly [type in FieldType]: string } = {
  string: 'string',
  int: 'int',
  bool: 'bool',
  json: 'dyn',
  map: 'map<string, dyn>',
}

/** Knows the fields that all of these hooks have. Its `parse` throws a CelError. */
export function environmentFor(hooks: readonly HookPoint[]): Environment {
  const environment = new Environment({ limits: { maxAstNodes: MAX_PARTS, maxDepth: 50 } })
  for (const { name, type, hooks: having } of EVENT_FIELDS) {
    if (hooks.every((hook) => having.has(hook))) environment.registerVariable(name, CEL_TYPES[type])
  }
  return environment
}

/** The truth values that a part of a condition has for values of its fields; null: none. */
export type EvaluatePart = (values: Readonly<Record<string, unknown>>) => boolean | null

/** What becomes of a part that is evaluated by itself; `failed`: it has no value. */
export interface PartOutcome {
  readonly failed: boolean
  readonly value: unknown
}

/** Evaluates the source of a part that names no more than these values. */
export function outcomeOf(
  environment: Environment,
  source: string,
  values: Readonly<Record<string, unknown>> = {},
): PartOutcome {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  try {
    return { failed: false, value: environment.parse(source)(values) }
  } catch {
    return { failed: true, value: null }
  } finally {
    Error.stackTraceLimit = limit
  }
}

/** A condition without mistakes, taken apart: its tree, and a way to evaluate parts of it. */
export function parseCondition(
  text: string,
  hooks: readonly HookPoint[],
): {
  readonly ast: ASTNode
  readonly part: (source: string) => EvaluatePart
  readonly environment: Environment
} {
  const environment = environmentFor(hooks)
  return {
    environment,
    ast: environment.parse(text).ast,
    part(source) {
      let evaluate: Parsed | undefined
      return (values) => {
        try {
          evaluate ??= environment.parse(source)
          const value: unknown = evaluate(values)
          return typeof value === 'boolean' ? value : null
        } catch {
          return null
        }
      }
    },
  }
}

/** What the library knows of the conditions of an environment. */
export function checkerOf(environment: Environment): Checker {
  return {
    typeOf: (part) => environment.check(part).type ?? null,
    firstError(text) {
      const { valid, error } = environment.check(text)
      return valid ? Number.POSITIVE_INFINITY : ((error as CelError).range?.start ?? 0)
    },
    get functions() {
      return formsOf(environment, (receiver) => receiver === null)
    },
    get methods() {
      return formsOf(environment, (receiver) => receiver !== null)
    },
  }
}

/** They are refused, or of no use here. */
const LEFT_OUT = /^(matches|bind|none|of|or|orValue|hasValue|value|dyn|type|bytes|json|hex|base64|at)$/

/** What a macro takes is no value. */
const MACRO_ARGUMENTS: Readonly<Record<string, string>> = { has: 'payload.a', map: 'x, x.a' }

/** Without what it holds, and with the name of the function that makes it. */
const shortType = (type: string): string =>
  type.replace(/<.*/, '').replace(/^google\.protobuf\.(\w+)$/, (_, name: string) => name.toLowerCase())

function formsOf(environment: Environment, wanted: (receiver: string | null) => boolean) {
  const forms = new Map<string, string[]>()
  for (const { name, receiverType, params } of environment.getDefinitions().functions) {
    if (!wanted(receiverType) || LEFT_OUT.test(name)) continue
    const args = params.map(({ type }) => shortType(type)).join(', ')
    const written = MACRO_ARGUMENTS[name] ?? (COMPREHENSIONS.has(name) ? 'x, x > 1.0' : args)
    const form = `${receiverType === null ? '' : `${shortType(receiverType)}.`}${name}(${written})`
    forms.set(name, [...(forms.get(name) ?? []), form])
  }
  return forms
}
