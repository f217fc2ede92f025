import { isMap, isScalar, isSeq, type Node } from 'yaml'
import type { YamlFile } from '../yaml-file.ts'
import { type Entry, isWrittenNull, written } from '../yaml-map.ts'
import { jsonOf } from './node-json.ts'
import type { Expectation, Wanted } from './rule-test.ts'

/** An expectation with its node. */
export interface WantedAt {
  readonly path: Expectation['path']
  readonly wanted: Wanted
  readonly at: Node
}

/**
 * What a test tells of a value that is JSON, taken apart so that each difference has its own place: of a map the members
 * that it names, of a list every item and how many there are.
 */
export function readJsonExpectations(file: YamlFile, entry: Entry): readonly WantedAt[] {
  if (entry.value === null && !isWrittenNull(entry)) {
    file.mistake(entry.key, '`value` is empty: write some of its JSON, or its text')
    return []
  }
  // What JSON cannot hold is noted there, as are lists that hold themselves.
  return jsonOf(file, entry.value) === null ? [] : wantedOf(file, entry.value, [], entry.value ?? entry.key)
}

function wantedOf(file: YamlFile, node: Node | null, path: WantedAt['path'], at: Node): readonly WantedAt[] {
  const one = (wanted: Wanted): WantedAt => ({ path, wanted, at })
  if (isSeq<Node>(node))
    return [
      one({ is: 'list', length: node.items.length }),
      ...node.items.flatMap((item, index) => wantedOf(file, written(file, item), [...path, index], item)),
    ]
  if (isMap<Node, Node | null>(node))
    return [
      one({ is: 'map' }),
      ...node.items.flatMap(({ key, value }) =>
        wantedOf(file, written(file, value), [...path, nameOf(file, key)], value ?? key),
      ),
    ]
  const value: unknown = isScalar(node) ? node.value : null
  return [one({ is: 'equal', value: value as string | number | boolean | null })]
}

function nameOf(file: YamlFile, key: Node): string {
  const node = file.resolve(key)
  return isScalar(node) ? (typeof node.value === 'string' ? node.value : (node.source ?? '')) : ''
}
