import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml'
import type { YamlFile } from '../yaml-file.ts'
import { written } from '../yaml-map.ts'

/** A number as JSON writes it. */
const JSON_NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/** Aliases could make much of a short file, or a list that holds itself. */
const MAX_PARTS = 100_000
const MAX_DEPTH = 200

const TOO_DEEP = `this JSON is nested deeper than ${MAX_DEPTH} levels: write it as text`
const TOO_MANY = `this JSON has more than ${MAX_PARTS} values: write it as text`
const FEWER = ', or use fewer aliases'

/** Ends the walk after a mistake was noted. */
class NoJson extends Error {}

/**
 * A value of the file as JSON without blanks, its keys in their order, its numbers digit by digit as they are written. null after
 * noting what JSON cannot hold, or what is too large to be meant.
 */
export function jsonOf(file: YamlFile, value: Node | null): string | null {
  let parts = 0
  let aliased = false

  function child(node: Node | null, depth: number): string {
    aliased ||= isAlias(node)
    return json(written(file, node), depth)
  }

  function json(node: Node | null, depth: number): string {
    const hint = aliased ? FEWER : ''
    if (depth > MAX_DEPTH) throw refused(file, value, `${TOO_DEEP}${hint}`)
    if (++parts > MAX_PARTS) throw refused(file, value, `${TOO_MANY}${hint}`)
    if (node === null) return 'null'
    if (isSeq<Node>(node)) return `[${node.items.map((item) => child(item, depth + 1)).join(',')}]`
    if (!isMap<Node, Node | null>(node)) return scalarJson(file, node)
    const members = node.items.map(
      ({ key, value: member }) => `${JSON.stringify(keyText(file, key))}:${child(member, depth + 1)}`,
    )
    return `{${members.join(',')}}`
  }

  try {
    return json(value, 0)
  } catch (error) {
    if (error instanceof NoJson) return null
    throw error
  }
}

function scalarJson(file: YamlFile, node: Node): string {
  const value: unknown = isScalar(node) ? node.value : undefined
  if (typeof value === 'number') {
    const source = isScalar(node) ? (node.source ?? '') : ''
    if (JSON_NUMBER.test(source)) return source
    if (Number.isFinite(value)) return JSON.stringify(value)
  } else if (value === null || typeof value === 'string' || typeof value === 'boolean') {
    return JSON.stringify(value)
  }
  throw refused(file, node, 'JSON cannot hold this value')
}

/** What YAML takes for a number or a boolean is, as a key, the name as it is written. */
function keyText(file: YamlFile, key: Node): string {
  const node = file.resolve(key)
  if (isScalar(node)) return typeof node.value === 'string' ? node.value : (node.source ?? '')
  throw refused(file, key, 'a key must be plain text')
}

function refused(file: YamlFile, at: Node | null, message: string): NoJson {
  file.mistake(at, message)
  return new NoJson(message)
}
