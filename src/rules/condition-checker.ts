import type { ASTNode } from '@marcbachmann/cel-js'
import { quoted } from '../text/quoted.ts'
import { typeWords } from './condition-fixes.ts'
import { rangeOf, sourceOf } from './condition-source.ts'

/** What the library knows of a condition, whose hooks it has been told. */
export interface Checker {
  /** The type of a part; null: it cannot be, or has a name that only its surroundings know. */
  typeOf(part: string): string | null
  /** Where the first thing that cannot be begins in a condition, from 0; Infinity: there is none. */
  firstError(text: string): number
  /** All functions and methods by their names, each with every form that it has, as `size(string)`. */
  readonly functions: ReadonlyMap<string, readonly string[]>
  readonly methods: ReadonlyMap<string, readonly string[]>
}

/** A condition in which something is wrong. */
export interface Suspect {
  readonly root: ASTNode
  readonly checker: Checker
}

/** ``: write `…` ``: the first of these ways to write a part of which the library takes all; '' when it takes none. */
export function fixed({ root, checker }: Suspect, node: ASTNode, fixes: readonly string[]): string {
  const { start, end } = rangeOf(node)
  const good = fixes.find((fix) => {
    const error = checker.firstError(`${root.input.slice(0, start)}${fix}${root.input.slice(end)}`)
    return error < start || error >= start + fix.length
  })
  return good === undefined ? '' : `: write ${quoted(good)}`
}

/** `` `qos` is a whole number ``, or the part alone where its type is not known. */
export function described({ checker }: Suspect, node: ASTNode): string {
  const type = checker.typeOf(sourceOf(node))
  return type === null || type === 'dyn' ? shown(node) : `${shown(node)} is ${typeWords(type)}`
}

export const shown = (node: ASTNode): string => quoted(sourceOf(node))
