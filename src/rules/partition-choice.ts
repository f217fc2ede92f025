import { MAX_PARTITION, partitionOf } from './kafka-record.ts'
import type { RuleInput } from './rule-input.ts'
import type { RuleError } from './surroundings.ts'
import { compileTemplate } from './template.ts'
import { hasVariables } from './template-text.ts'

/** The partition of a record whose rule asks for one; an error when its template makes none, and the key is to choose. Never throws. */
export type ChoosePartition = (input: RuleInput) => number | RuleError

/** Compiles a rule's `partition`: a number as text, or a template of one. */
export function compilePartition(text: string): ChoosePartition {
  const fixed = hasVariables(text) ? null : partitionOf(text)
  if (fixed !== null) return () => fixed
  const fill = compileTemplate(text)
  return (input) => {
    const made = fill(input)
    return partitionOf(made) ?? (made === '' ? NOTHING : NO_NUMBER)
  }
}

/** What the numbers of partitions are, for messages. */
export const PARTITION_NUMBERS = `a whole number from 0 to ${MAX_PARTITION}`

const NOTHING: RuleError = {
  code: 'PARTITION_ILLEGAL',
  message: '`partition` is empty, what it names is missing: the key chooses the partition',
}

const NO_NUMBER: RuleError = {
  code: 'PARTITION_ILLEGAL',
  message: `\`partition\` makes something else than ${PARTITION_NUMBERS}: the key chooses the partition`,
}
