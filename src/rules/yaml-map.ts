import { isMap, isScalar, isSeq, type Node } from 'yaml'
import { didYouMean } from '../text/did-you-mean.ts'
import { escaped, quoted } from '../text/quoted.ts'
import type { YamlFile } from './yaml-file.ts'

/** A key of a YAML map and its value. */
export interface Entry {
  readonly name: string
  readonly key: Node
  /** null: nothing stands after the key. */
  readonly value: Node | null
}

/** Text, and where it stands. */
export interface Text {
  readonly text: string
  readonly node: Node
}

/** The keys that a map may have. */
export interface Keys {
  readonly known: ReadonlySet<string>
  /** Those that a later version will know: refused, never ignored. */
  readonly later: ReadonlySet<string>
}

/**
 * The entries of a map by key; none of what is no map. Other keys are mistakes; `meant` are the keys that they were
 * taken for. A key that is there twice has its first value.
 */
export function readMap(
  file: YamlFile,
  map: Node | null,
  keys: Keys,
): { readonly entries: ReadonlyMap<string, Entry>; readonly meant: ReadonlySet<string> } {
  const entries = new Map<string, Entry>()
  const meant = new Set<string>()
  for (const { key, value } of isMap<Node, Node | null>(map) ? map.items : []) {
    const name = keyName(file.resolve(key))
    if (name === null) file.mistake(key, 'a key must be plain text')
    else if (name === '<<' && !keys.known.has(name)) {
      file.mistake(key, 'merge keys (`<<`) are not supported: write the keys out')
      // Any of them may be in what it names.
      for (const known of keys.known) meant.add(known)
    } else if (keys.known.has(name))
      entries.set(name, entries.get(name) ?? { name, key, value: written(file, value) })
    else if (keys.later.has(name))
      file.mistake(key, `${quoted(name)} is not supported by this version: remove it`)
    else {
      const likely = didYouMean(name, [...keys.known, ...keys.later])
      if (likely !== undefined) meant.add(likely)
      const fix =
        likely === undefined ? `: use ${[...keys.known].join(', ')}` : `, did you mean \`${likely}\`?`
      file.mistake(key, `there is no key ${quoted(name)}${fix}`)
    }
  }
  return { entries, meant }
}

/** The text of an entry; null after noting that it is none. `wanted` says what it must be, and the fix, in the place of "text" and quotes. */
export function readText(file: YamlFile, entry: Entry, wanted?: Wanted): Text | null {
  return textOf(file, entry.value ?? entry.key, entry.value, `\`${entry.name}\``, wanted)
}

/** What a value must be that is no text but null, a number or a boolean: `what` it must be, and the `fix` if there is one for it. */
export interface Wanted {
  readonly what: string
  readonly fix: (value: unknown) => string | null
}

const TEXT: Wanted = {
  what: 'text',
  fix: (value) => (value === null ? 'write a text, or remove it' : 'put it in quotes'),
}

/** The texts of an entry that is one or a list; null after noting that it is not. A text is there once. */
export function readTexts(file: YamlFile, entry: Entry): readonly Text[] | null {
  if (!isSeq<Node>(entry.value)) {
    const text = readText(file, entry)
    return text === null ? null : [text]
  }
  if (entry.value.items.length === 0) {
    file.mistake(entry.value, `\`${entry.name}\` is an empty list: put something in it, or leave the key out`)
    return null
  }
  const texts = new Map<string, Text>()
  for (const item of entry.value.items) {
    const text = textOf(file, item, written(file, item), `\`${entry.name}\``)
    if (text === null) continue
    if (texts.has(text.text))
      file.mistake(item, `${quoted(text.text)} is in the list twice: keep one of them`)
    else texts.set(text.text, text)
  }
  return [...texts.values()]
}

/**
 * The texts of a map whose keys the user chooses, in order; null after noting that it is no map. `kind` is what one of them
 * is called in messages.
 */
export function readTextMap(
  file: YamlFile,
  entry: Entry,
  kind = '',
): readonly { readonly name: Text; readonly value: Text }[] | null {
  if (!isMap<Node, Node | null>(entry.value)) {
    file.mistake(entry.value ?? entry.key, `\`${entry.name}\` must be a map, not ${described(entry.value)}`)
    return null
  }
  return entry.value.items.flatMap(({ key, value }) => {
    const name = keyName(file.resolve(key))
    if (name === null) {
      file.mistake(key, 'a key must be plain text')
      return []
    }
    const text = textOf(file, value ?? key, written(file, value), `${kind}${quoted(name)}`)
    return text === null ? [] : [{ name: { text: name, node: key }, value: text }]
  })
}

/** true or false; null after noting that it is neither. */
export function readBoolean(file: YamlFile, entry: Entry): boolean | null {
  if (isScalar(entry.value) && typeof entry.value.value === 'boolean') return entry.value.value
  file.mistake(
    entry.value ?? entry.key,
    `\`${entry.name}\` must be true or false, not ${described(entry.value)}`,
  )
  return null
}

/** Whether `null` or `~` is written after the key (nothing at all is not the same). */
export function isWrittenNull({ value }: Entry): boolean {
  return isScalar(value) && value.value === null
}

/** What a value is, for a message. */
export function described(value: Node | null): string {
  if (value === null) return 'nothing'
  if (isMap(value)) return 'a map'
  if (isSeq(value)) return 'a list'
  if (!isScalar(value)) return 'that'
  const source = quoted(value.source ?? String(value.value))
  if (typeof value.value === 'string') return `the text ${source}`
  return value.value === null ? source : `the ${typeof value.value} ${source}`
}

/** The text of a value, `label` in messages; null after noting at `at` that it is none. */
export function textOf(
  file: YamlFile,
  at: Node,
  value: Node | null,
  name: string,
  wanted = TEXT,
): Text | null {
  if (isScalar(value) && typeof value.value === 'string') return { text: value.value, node: at }
  if (value === null)
    file.mistake(
      at,
      `${name} is empty: write a value (in YAML a \`#\` after a space begins a comment: write '#')`,
    )
  else {
    const fix = isScalar(value) ? wanted.fix(value.value) : null
    file.mistake(
      at,
      `${name} must be ${wanted.what}, not ${described(value)}${fix === null ? '' : `: ${fix}`}`,
    )
  }
  return null
}

/** A value with its alias resolved; null when nothing is written there. */
export function written(file: YamlFile, value: Node | null): Node | null {
  if (value === null) return null
  const node = file.resolve(value)
  return isScalar(node) && node.value === null && (node.source ?? '') === '' ? null : node
}

function keyName(key: Node): string | null {
  if (!isScalar(key)) return null
  return typeof key.value === 'string' ? key.value : escaped(key.source ?? '')
}
