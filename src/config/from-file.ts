import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from 'yaml'
import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { isTooDeep } from '../text/too-deep.ts'
import { duplicateKeys, MAX_MISTAKES, yamlSizeProblem } from '../text/yaml-bounds.ts'
import type { Mistake } from './config-error.ts'
import { type NamedOption, OPTION_LIST, ROOT, type Section } from './option-list.ts'
import { type Layer, misplacedSecret, mistakeAt, type Place, type Setting, wrongValue } from './setting.ts'
import { yamlErrorText } from './yaml-errors.ts'

/** A configuration is some hundred lines. */
const MAX_LENGTH = 1_000_000

/**
 * What a configuration file says, each value with its line and column. `name` is the file's name for the mistakes.
 * With a mistake in the YAML itself only that is told, since the rest would be guesses.
 */
export function readConfigText(text: string, name: string): Layer {
  if (yamlSizeProblem(text, MAX_LENGTH) !== null) {
    return { settings: [], mistakes: [{ file: name, message: 'is longer than a configuration can be' }] }
  }
  const lines = new LineCounter()
  let document: Document
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false })
  } catch (error) {
    if (!isTooDeep(error)) throw error
    return { settings: [], mistakes: [{ file: name, message: 'is nested too deeply' }] }
  }
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { kind: 'file', file: name, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const faults = [
    ...[...document.errors, ...document.warnings].map(({ code, pos }) => ({ code, at: pos[0] })),
    ...repeatedKeys(document).map((at) => ({ code: 'DUPLICATE_KEY' as const, at })),
  ]
  if (faults.length > 0) {
    const mistakes = faults
      .slice(0, MAX_MISTAKES)
      .map(({ code, at }) => mistakeAt(placeAt(at), undefined, yamlErrorText(code)))
    return { settings: [], mistakes: uniquePlaces(mistakes) }
  }
  const walk: Walk = { document, placeAt, settings: [], mistakes: [] }
  const root = document.contents as Node | null
  if (root !== null) readSection(walk, root, ROOT, '')
  return { ...walk, mistakes: walk.mistakes.slice(0, MAX_MISTAKES) }
}

/** Where the keys stand that are in their map already. */
const repeatedKeys = (document: Document): readonly number[] =>
  duplicateKeys(document).map((key) => key.range?.[0] ?? 0)

interface Walk {
  readonly document: Document
  readonly placeAt: (offset: number) => Place
  readonly settings: Setting[]
  readonly mistakes: Mistake[]
}

/** The parser may find several faults at one place; the first says it. */
function uniquePlaces(mistakes: readonly Mistake[]): readonly Mistake[] {
  const seen = new Set<string>()
  return mistakes.filter(({ line, column }) => {
    const place = `${line}:${column}`
    return !seen.has(place) && seen.add(place)
  })
}

function readSection(walk: Walk, written: Node, section: Section, path: string): void {
  const node = resolve(walk, written)
  if (isEmpty(node)) return
  if (!isMap(node)) {
    const keys = [...section.keys()].join(', ')
    complain(walk, written, path || undefined, `must be a section with keys of its own: ${keys}`)
    return
  }
  for (const pair of node.items) readPair(walk, pair as Pair<Node, Node | null>, section, path)
}

function readPair(walk: Walk, pair: Pair<Node, Node | null>, section: Section, path: string): void {
  const key = isScalar(pair.key) ? textOf(pair.key) : undefined
  const child = key === undefined ? undefined : section.get(key)
  if (key === undefined || child === undefined) {
    complain(walk, pair.key, path || undefined, unknownKey(key, section))
    return
  }
  const childPath = path === '' ? key : `${path}.${key}`
  if (child instanceof Map) {
    // A section of which all keys are commented out is a section without keys.
    if (pair.value !== null) readSection(walk, pair.value, child, childPath)
  } else if ((child as NamedOption).secret) {
    // Such a file is a ConfigMap, or in a repository.
    const { env, path: secretPath } = child as NamedOption
    const message = misplacedSecret(env, `${secretPath}_file`, 'this file, which is made to be shown')
    complain(walk, pair.key, childPath, message)
  } else if (pair.value === null || isEmpty(pair.value)) {
    complain(walk, pair.key, childPath, 'has no value; write one, or remove the key')
  } else {
    readOption(walk, pair.value, child as NamedOption)
  }
}

function readOption(walk: Walk, written: Node, option: NamedOption): void {
  const node = resolve(walk, written)
  if (isScalar(node)) {
    // What YAML takes for a number may be a name or a password: `007`, `1e3`, `0x10`. The text as written counts.
    walk.settings.push({ option, text: textOf(node), place: placeOf(walk, written) })
    return
  }
  if (isMap(node) && option.format.map === true) {
    const text = node.items.map((pair) => settingText(walk, pair as Pair<Node, Node | null>)).join(',')
    walk.settings.push({ option, text, place: placeOf(walk, written) })
    return
  }
  if (!isSeq(node) || option.format.list !== true) {
    complain(walk, written, option.path, `must be ${option.format.expects}`)
    return
  }
  const items = (node.items as Node[]).map((item) => ({ item, scalar: resolve(walk, item) }))
  const texts = items.map(({ scalar }) => (isScalar(scalar) ? textOf(scalar) : ''))
  const wrong = items.filter((_, i) => option.format.parse(texts[i] ?? '') === undefined)
  for (const { item, scalar } of wrong) {
    const text = isScalar(scalar) ? textOf(scalar) : undefined
    complain(
      walk,
      item,
      option.path,
      text === undefined ? `must be ${option.format.expects}` : wrongValue(option, text),
    )
  }
  if (wrong.length === 0) {
    walk.settings.push({ option, text: texts.join(','), place: placeOf(walk, written) })
  }
}

/** `name=value` of one pair of a map; without its value where that is no text, which no format takes. */
function settingText(walk: Walk, { key, value }: Pair<Node, Node | null>): string {
  const name = isScalar(key) ? textOf(key) : ''
  const scalar = value === null ? null : resolve(walk, value)
  return `${name}=${isScalar(scalar) && !isEmpty(scalar) ? textOf(scalar) : ''}`
}

function unknownKey(key: string | undefined, section: Section): string {
  // Who forgets a colon makes a key of a value; only what looks like a key is shown.
  if (key === undefined || !/^[\w.-]{1,64}$/.test(key)) return 'this is no key of ours'
  const near = suggestion(key, section.keys())
  const elsewhere = OPTION_LIST.filter(({ path }) => path.endsWith(`.${key}`)).map(({ path }) => path)
  const hint = near === '' && elsewhere.length > 0 ? `, did you mean \`${elsewhere.join('` or `')}\`?` : near
  return `unknown key ${quoted(key)}${hint}`
}

/** The text of a scalar as it was written, or as its quotes say. */
function textOf(scalar: Scalar): string {
  return typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? String(scalar.value))
}

/** What an alias stands for; a missing one stands for itself and is refused by whoever looks at it. */
function resolve(walk: Walk, node: Node): Node {
  return isAlias(node) ? (node.resolve(walk.document) ?? node) : node
}

function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null
}

function placeOf(walk: Walk, node: Node): Place {
  return walk.placeAt(node.range?.[0] ?? 0)
}

function complain(walk: Walk, node: Node, path: string | undefined, message: string): void {
  walk.mistakes.push(mistakeAt(placeOf(walk, node), path, message))
}
