import {
  type Document,
  isAlias,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'
import { ConfigError, type Mistake } from '../config/config-error.ts'
import { escaped } from '../text/quoted.ts'
import { isTooDeep } from '../text/too-deep.ts'
import { duplicateKeys, MAX_MISTAKES, yamlSizeProblem } from '../text/yaml-bounds.ts'
import { placeInScalar } from './scalar-place.ts'

/** More aliases than anyone needs, and few enough that no file of aliases to long lists costs much to read. */
const MAX_ALIASES = 100

/** A recorded hook call in base64 may be as long as this; nothing else is. */
const MAX_LENGTH = 24 * 1024 * 1024

/** A place in a file, both numbers from 1. */
export interface FilePlace {
  readonly line: number
  readonly column: number
}

/** A YAML file that parsed: its nodes, and the mistakes found in them so far. */
export interface YamlFile {
  /** null: the file holds nothing. */
  readonly root: Node | null
  /** The node itself, or the one that its alias stands for. */
  resolve(node: Node): Node
  /**
   * Notes a mistake where a node begins; null: at the beginning of the file. `within`: at that place of the node's text, from 0,
   * wherever it is written: in a block, over several lines, behind escapes. Where the node is an alias, at the alias.
   */
  mistake(at: Node | null, message: string, within?: number): void
  /** The line on which a node begins, from 1. */
  lineOf(node: Node): number
  /** Where a node begins; null: the beginning of the file. */
  placeOf(at: Node | null): FilePlace
  /** All mistakes noted, in the file's order, each once. */
  mistakes(): readonly Mistake[]
}

/**
 * Parses YAML 1.2. Lines may end in CR LF, and a byte order mark may stand in front.
 * Throws a ConfigError with the errors of syntax, and for too many or dangling aliases; a key that is there twice is
 * only noted as a mistake, so that the rest of the file is still looked at.
 */
export function openYaml(text: string, fileName: string): YamlFile {
  const tooLarge = yamlSizeProblem(text, MAX_LENGTH)
  if (tooLarge !== null)
    throw new ConfigError([{ file: fileName, message: `the file is too large: ${tooLarge}` }])
  const lines = new LineCounter()
  const source = text.replace(/^\uFEFF/, '')
  const { document, targets, dangling, duplicates } = parse(source, lines, fileName)
  const found: Mistake[] = []
  const placeAt = (offset: number): FilePlace => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const note = (offset: number, message: string): void => {
    if (found.length >= MAX_MISTAKES)
      throw new ConfigError([...inOrder(found), { file: fileName, message: MANY }])
    found.push({ file: fileName, ...placeAt(offset), message })
  }

  const errors: readonly YAMLError[] = [...document.errors, ...document.warnings]
  for (const error of errors) note(error.pos[0], explained(error))
  for (const alias of dangling)
    note(offsetOf(alias), 'no anchor of that name comes before this alias: add `&name` there')
  if (targets.size > MAX_ALIASES)
    note(0, `the file has more than ${MAX_ALIASES} aliases: write the values out`)
  const isBroken = found.length > 0
  for (const key of duplicates) note(offsetOf(key), 'this key is here twice: keep one of them')
  if (isBroken) throw new ConfigError(firstOfEachLine(found))

  return {
    root: document.contents,
    resolve: (node) => targets.get(node) ?? node,
    mistake: (at, message, within) =>
      note(at === null ? 0 : within === undefined ? offsetOf(at) : offsetWithin(source, at, within), message),
    lineOf: (node) => lines.linePos(offsetOf(node)).line,
    placeOf: (at) => placeAt(at === null ? 0 : offsetOf(at)),
    mistakes: () => inOrder(found),
  }
}

interface Parsed {
  readonly document: Document.Parsed
  /** Of each alias, the node it stands for. */
  readonly targets: ReadonlyMap<Node, Node>
  /** Aliases that stand for nothing. */
  readonly dangling: readonly Node[]
  /** Keys that are in their map already. */
  readonly duplicates: readonly Node[]
}

const MANY = `there are more than ${MAX_MISTAKES} mistakes: mend these first`

function parse(text: string, lineCounter: LineCounter, file: string): Parsed {
  try {
    // `schema` is pinned because a `%YAML 1.1` directive would make booleans of `yes` and `on`.
    const document = parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      schema: 'core',
      uniqueKeys: false,
    })
    const targets = new Map<Node, Node>()
    const dangling: Node[] = []
    const anchors = new Map<string, Node>()
    visit(document, {
      Node: (_key, node) => {
        if (!isAlias(node)) {
          if (node.anchor !== undefined) anchors.set(node.anchor, node)
          return
        }
        const target = anchors.get(node.source)
        if (target === undefined) dangling.push(node)
        else targets.set(node, target)
      },
    })
    return { document, targets, dangling, duplicates: duplicateKeys(document) }
  } catch (cause) {
    const reason = isTooDeep(cause) ? 'it is nested too deeply' : escaped(String(cause))
    throw new ConfigError([
      { file, line: 1, column: 1, message: `the file cannot be read as YAML: ${reason}` },
    ])
  }
}

const HINTS: { readonly [code in YAMLError['code']]?: string } = {
  RESOURCE_EXHAUSTION: 'it is nested too deeply: write it flatter',
  TAB_AS_INDENT: 'a tab indents this line: indent with spaces',
  MULTIPLE_DOCS: 'a second document begins here: keep one document a file',
}

const FIXES: { readonly [code in YAMLError['code']]?: string } = {
  BAD_SCALAR_START: ': put the value in quotes',
  BLOCK_AS_IMPLICIT_KEY: ': put a value that holds `: ` in quotes',
  TAG_RESOLVE_FAILED: ': remove the tag',
}

function explained({ code, message }: YAMLError): string {
  return HINTS[code] ?? `this is not valid YAML: ${escaped(message)}${FIXES[code] ?? ''}`
}

function offsetWithin(source: string, node: Node, within: number): number {
  if (!isScalar(node) || typeof node.value !== 'string' || node.range == null) return offsetOf(node)
  const [start, end] = node.range
  return start + placeInScalar(source.slice(start, end), node.type ?? 'PLAIN', node.value, within)
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0
}

/** One fault of syntax often makes several errors on its line; the first tells what it is. */
function firstOfEachLine(mistakes: readonly Mistake[]): readonly Mistake[] {
  const ordered = inOrder(mistakes)
  return ordered.filter(({ line }, index) => index === 0 || ordered[index - 1]?.line !== line)
}

function inOrder(mistakes: readonly Mistake[]): readonly Mistake[] {
  const unique = new Map(
    mistakes.map((mistake) => [`${mistake.line}:${mistake.column}:${mistake.message}`, mistake]),
  )
  return [...unique.values()].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  )
}
