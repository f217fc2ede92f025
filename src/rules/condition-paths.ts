import { FIELD_OF } from './event-fields.ts'

/** A path with names behind `.` that have a `-` in them, which CEL takes for a minus. */
const PATH = /[A-Za-z_]\w*(?:\.\w+(?:-\w+)*|\["[^"\]]*"\]|\[\d+\])+/g

/** A path as CEL has it, and where it begins in the condition. */
export interface Path {
  readonly path: string
  readonly at: number
}

/**
 * The path around a place of a condition, where it has names with a `-`: `pub_props["Content-Type"]` of
 * `pub_props.Content-Type`. null: there is no such path, or it is none into the payload or into properties.
 */
export function hyphenatedPath(text: string, place: number): Path | null {
  for (const { 0: written, index } of text.matchAll(PATH)) {
    if (place < index || place >= index + written.length || !/\.\w+-/.test(written)) continue
    const type = FIELD_OF.get(/^\w+/.exec(written)?.[0] ?? '')?.type
    if (type !== 'json' && type !== 'map') return null
    return { path: written.replaceAll(/\.(\w+(?:-\w+)+)/g, '["$1"]'), at: index }
  }
  return null
}
