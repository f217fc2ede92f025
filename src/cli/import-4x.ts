import { existsSync } from 'node:fs'
import type { Mistake } from '../config/config-error.ts'
import { decodeConf } from '../import-4x/decode-conf.ts'
import { type Import, importBridge, linesSummary } from '../import-4x/import-bridge.ts'
import { writeConfigFile } from '../import-4x/write-config.ts'
import { writeRules } from '../import-4x/write-rules.ts'
import { shownText } from '../text/shown.ts'
import { counted } from '../text/table.ts'
import { IMPORT_HELP } from './emqx-help.ts'
import { tellMistakes } from './mistakes.ts'
import { fileIdentity, type OutputFile, openOutputFile } from './output-file.ts'
import type { CommandOutput } from './stream-output.ts'
import { readWords } from './words.ts'

/** What the process gives to the command. */
export interface ImportDeps {
  /** Gives the bytes of a file, or throws as `readFileSync` does. */
  readonly readBytes: (path: string) => Buffer
  readonly out: CommandOutput
  readonly err: CommandOutput
}

const FILE = 'file, as in `exhook-kafka import-4x emqx_bridge_kafka.conf`'
const SPEC = { values: ['out', 'config-out'], switches: ['force'], words: [FILE], sections: [] }
/** The standard output, as the name of a file. */
const STANDARD = '-'
/** The file that came with EMQX 4.x is 10 KB. */
const MAX_LENGTH = 1024 * 1024

/**
 * `import-4x <file> [--out rules.yaml] [--config-out config.yaml] [--force]`. Returns the exit code: 0 when every line was
 * understood, 1 when one was not or a file cannot be read or written, else as `exitCodeOf`. A file that
 * is there already, or cannot be opened, is found before any is written. `-` is the standard output.
 */
export async function runImport(argv: readonly string[], deps: ImportDeps): Promise<number> {
  if (argv.includes('--help') || argv.includes('-h')) {
    await deps.out.print(IMPORT_HELP)
    return 0
  }
  const { words, values, switches, mistakes } = readWords(argv, SPEC)
  const file = words[FILE] ?? ''
  const { out = STANDARD, 'config-out': configOut } = values
  const told = { command: 'import-4x', words: argv, help: IMPORT_HELP }
  const replace = switches.has('force')
  const wrong = [...mistakes, ...outputMistakes(file, [out, configOut], replace)]
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
  const texts: [path: string, text: string][] = [[out, rules]]
  if (configOut !== undefined) texts.push([configOut, writeConfigFile(imported, fileNameOf(file))])
  for (const [path, content] of texts) if (path === STANDARD) await deps.out.print(content)
  const failures = writeFiles(
    texts.filter(([path]) => path !== STANDARD),
    replace,
  )

  await deps.err.print([...report(imported, file), ...failures].map((line) => `${line}\n`).join(''))
  return failures.length > 0 || imported.findings.some(({ level }) => level === 'problem') ? 1 : 0
}

/** None is written when one of them cannot be opened. Returns what went wrong. */
function writeFiles(texts: readonly (readonly [string, string])[], replace: boolean): readonly string[] {
  const failures: string[] = []
  const attemptOn = <T>(path: string, action: () => T): T | null => {
    const done = attempt(action)
    if ('value' in done) return done.value
    failures.push(`${shownText(path)}: cannot be written: ${done.failure}`)
    return null
  }
  const opened: [OutputFile, string, string][] = []
  for (const [path, text] of texts) {
    const file = attemptOn(path, () => openOutputFile(path, { replace }))
    if (file !== null) opened.push([file, path, text])
  }
  const all = opened.length === texts.length
  for (const [file, path, text] of opened) attemptOn(path, () => (all ? file.write(text) : file.leave()))
  return failures
}

function outputMistakes(
  file: string,
  outputs: readonly (string | undefined)[],
  replace: boolean,
): readonly Mistake[] {
  const named = outputs.filter((path) => path !== undefined)
  const identities = [...(file === '' ? [] : [file]), ...named].map((path) =>
    path === STANDARD ? STANDARD : fileIdentity(path),
  )
  if (new Set(identities).size < identities.length)
    return [{ message: 'the file that is read and those that are written must each be another one' }]
  const there = replace ? [] : named.filter((path) => path !== STANDARD && existsSync(path))
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
