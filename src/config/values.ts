import type { Mistake } from './config-error.ts'
import { type NamedOption, OPTION_LIST, SECRETS } from './option-list.ts'
import { describePlace, type Layer, mistakeAt, type Place, type Setting, wrongValue } from './setting.ts'

/** What counts for one option, and where it was said. */
export interface Value {
  readonly value: unknown
  readonly place: Place
}

/** The values of all layers laid over each other. */
export interface Values {
  /** By the option's path; an option that nobody set is missing. */
  readonly values: ReadonlyMap<string, Value>
  /** Paths that somebody set to something that is none of its values. */
  readonly wrong: ReadonlySet<string>
  readonly mistakes: readonly Mistake[]
}

/** Gives the text of a file, or throws. */
export type ReadFile = (path: string) => string

/**
 * Lays the layers over each other, the last on top, and reads the files that values come from. A wrong value is a
 * mistake also where a higher layer covers it: it waits there for the day the cover is taken away.
 */
export function mergeLayers(layers: readonly Layer[], readFile: ReadFile): Values {
  const values = new Map<string, Value>()
  const wrong = new Set<string>()
  const mistakes: Mistake[] = []
  for (const { option, text, place } of layers.flatMap((layer) => layer.settings)) {
    const value = option.format.parse(option.secret ? withoutNewline(text) : text)
    if (value === undefined) {
      wrong.add(option.path)
      mistakes.push(mistakeAt(place, option.path, wrongValue(option, text)))
    } else {
      values.set(option.path, { value, place })
    }
  }
  mistakes.push(...readSecretFiles(layers, values, wrong, readFile))
  mistakes.push(...checkReadable(values, readFile))
  return { values, wrong, mistakes }
}

/** Puts the text of each secret's file in the secret's place. */
function readSecretFiles(
  layers: readonly Layer[],
  values: Map<string, Value>,
  wrong: Set<string>,
  readFile: ReadFile,
): readonly Mistake[] {
  return SECRETS.flatMap(({ secret, file: option }) => {
    const named = values.get(option.path)
    if (named === undefined) return []
    const direct = settingOf(layers, secret)
    if (direct !== undefined) {
      wrong.add(secret.path)
      const also = `${describePlace(direct.place)} sets ${secret.path} as well; keep one of the two`
      return [mistakeAt(named.place, option.path, also)]
    }
    const file = tryRead(readFile, String(named.value))
    const read: SecretText =
      file.text === undefined
        ? { failure: file.failure ?? 'the file cannot be read' }
        : readSecretText(secret.format, file.text)
    if (read.text === undefined) {
      wrong.add(secret.path)
      return [mistakeAt(named.place, option.path, read.failure)]
    }
    values.set(secret.path, { value: read.text, place: named.place })
    return []
  })
}

/** A secret, or why there is none; nothing of what was read is in the words. */
export type SecretText =
  | { readonly text: string; readonly failure?: undefined }
  | { readonly text?: undefined; readonly failure: string }

/** The secret of a file's text. */
export function readSecretText(
  format: Pick<NamedOption['format'], 'accepts' | 'expects'>,
  contents: string,
): SecretText {
  const text = withoutNewline(contents)
  if (text === '') return { failure: 'the file is empty' }
  return format.accepts(text) ? { text } : { failure: `the file must hold ${format.expects}` }
}

/** The files that later parts will read have to be readable now, while somebody is looking. */
function checkReadable(values: ReadonlyMap<string, Value>, readFile: ReadFile): readonly Mistake[] {
  return OPTION_LIST.flatMap((option) => {
    const named = option.readable ? values.get(option.path) : undefined
    const failure = named && tryRead(readFile, String(named.value)).failure
    return named && failure !== undefined ? [mistakeAt(named.place, option.path, failure)] : []
  })
}

function settingOf(layers: readonly Layer[], option: NamedOption): Setting | undefined {
  return layers.flatMap((layer) => layer.settings).find((setting) => setting.option === option)
}

/** Editors and `echo` end a file with a newline, also one that becomes a Kubernetes Secret; no secret means it. */
function withoutNewline(text: string): string {
  return text.replace(/[\r\n]+$/, '')
}

/** The text of a file, or why it cannot be read. */
export function tryRead(
  readFile: ReadFile,
  path: string,
): { readonly text?: string; readonly failure?: string } {
  try {
    return { text: readFile(path) }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | null)?.code
    return { failure: `the file cannot be read: ${WHY[String(code)] ?? code ?? 'unknown error'}` }
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is none of this name',
  EACCES: 'no permission',
  EISDIR: 'it is a directory',
}
