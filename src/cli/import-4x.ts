import { resolve } from 'node:path'
import type { Mistake } from '../config/config-error.ts'
import { decodeConf } from '../import-4x/decode-conf.ts'
import { type Import, importBridge, linesSummary } from '../import-4x/import-bridge.ts'
import { writeConfigFile } from '../import-4x/write-config.ts'
import { writeRules } from '../import-4x/write-rules.ts'
import { shownText } from '../text/shown.ts'
import { counted } from '../text/table.ts'
import { IMPORT_HELP } from './emqx-help.ts'
import { tellMistakes } from './mistakes.ts'
import type { CommandOutput } from './stream-output.ts'
import { readWords } from './words.ts'

/** What the process gives to the command. */
export interface ImportDeps {
  /** Gives the bytes of a file, or throws as `readFileSync` does. */
  readonly readBytes: (path: string) => Buffer
  /** Whether something of this name is there. */
  readonly exists: (path: string) => boolean
  /** Writes a file; throws EEXIST where one is there and it is not to be replaced. */
  readonly writeFile: (path: string, text: string, options: { readonly replace: boolean }) => void
  readonly out: CommandOutput
  readonly err: CommandOutput
}

const FILE = 'file, as in `exhook-kafka import-4x emqx_bridge_kafka.conf`'
const SPEC = { values: ['out', 'config-out'], switches: ['force'], words: [FILE], sections: [] }
/** The file that came with EMQX 4.x is 10 KB. */
const MAX_LENGTH = 1024 * 1024

/**
 * `import-4x <file> [--out rules.yaml] [--config-out config.yaml] [--force]`. Returns the exit code: 0 when every line was
 * understood, 1 when one was not or a file cannot be read or written, else as `exitCodeOf`. A file that
 * is there already is found before any is written.
 */
export async function runImport(argv: readonly string[], deps: ImportDeps): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    await deps.out.print(IMPORT_HELP)
    return 0
  }
  const { words, values, switches, mistakes } = readWords(argv, SPEC)
  const file = words[FILE] ?? ''
  const { out, 'config-out': configOut } = values
  const told = { command: 'import-4x', words: argv, help: IMPORT_HELP }
  const replace = switches.has('force')
  const wrong = [...mistakes, ...outputMistakes(file, [out, configOut], replace, deps)]
  if (wrong.length > 0) return tellMistakes(wrong, told, deps.err)

  const text = attempt(() => decodeConf(deps.readBytes(file)))
  if ('failure' in text) {
    await deps.err.print(`${shownText(file)}: cannot be read: ${text.failure}\n`)
    return 1
  }
  if (text.value.text.length > MAX_LENGTH) {
    await deps.err.print(
      `${shownText(file)}: is longer than ${MAX_LENGTH} characters: it is no file of EMQX\n`,
    )
    return 1
  }
  const imported = importBridge(text.value.text, text.value.findings)
  const rules = writeRules(imported, fileNameOf(file))
  const failures: string[] = []
  const write = (path: string, content: string) => {
    const written = attempt(() => deps.writeFile(path, content, { replace }))
    if ('failure' in written) failures.push(`${shownText(path)}: cannot be written: ${written.failure}`)
  }
  if (out === undefined) await deps.out.print(rules)
  else write(out, rules)
  if (configOut !== undefined && failures.length === 0)
    write(configOut, writeConfigFile(imported, fileNameOf(file)))

  await deps.err.print([...report(imported, file), ...failures].map((line) => `${line}\n`).join(''))
  return failures.length > 0 || imported.findings.some(({ level }) => level === 'problem') ? 1 : 0
}

function outputMistakes(
  file: string,
  outputs: readonly (string | undefined)[],
  replace: boolean,
  { exists }: ImportDeps,
): readonly Mistake[] {
  const named = outputs.filter((path) => path !== undefined)
  const paths = [...(file === '' ? [] : [file]), ...named].map((path) => resolve(path))
  if (new Set(paths).size < paths.length)
    return [{ message: 'the file that is read and those that are written must each be another one' }]
  const there = replace ? [] : named.filter((path) => exists(path))
  return there.map((path) => ({
    message: `${shownText(path)}: is there already: name another file, or replace it by --force`,
  }))
}

/** What there is to say beside the files: all that somebody should do something about, and the account of the lines. */
function report(imported: Import, file: string): readonly string[] {
  const said = imported.findings.filter(({ level }) => level !== 'note')
  const lines = said.map(({ line, level, text }) => {
    const place = line === 0 ? shownText(file) : `${shownText(file)}:${line}`
    return `${place}: ${level === 'warning' ? 'warning: ' : ''}${text}`
  })
  const notes = imported.findings.length - said.length
  const told = notes === 0 ? '' : `; ${counted(notes, 'note')} in the comments of the rules`
  return [...lines, `${shownText(file)}: ${linesSummary(imported)}${told}`]
}

/** The header of the rules tells what was read, not where it lay. */
const fileNameOf = (path: string): string => path.split(/[\\/]/).at(-1) || path

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EISDIR: 'it is a directory',
  EACCES: 'no permission',
  EEXIST: 'it is there already: name another file, or replace it by --force',
}

function attempt<T>(action: () => T): { readonly value: T } | { readonly failure: string } {
  try {
    return { value: action() }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { failure: code === undefined ? message : (WHY[code] ?? code) }
  }
}
