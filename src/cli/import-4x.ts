import { resolve } from 'node:path'
import { importBridge, linesSummary } from '../import-4x/import-bridge.ts'
import { writeConfig } from '../import-4x/write-config.ts'
import { writeRules } from '../import-4x/write-rules.ts'
import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { shownText } from '../text/shown.ts'
import { IMPORT_HELP } from './emqx-help.ts'
import type { CommandOutput } from './stream-output.ts'

/** What the process gives to the command. */
export interface ImportDeps {
  /** Gives the text of a file as UTF-8, or throws as `readFileSync` does. */
  readonly readFile: (path: string) => string
  /** Writes a file, over one that is there. */
  readonly writeFile: (path: string, text: string) => void
  readonly out: CommandOutput
  readonly err: CommandOutput
}

/** The file that came with EMQX 4.x is 10 KB. */
const MAX_LENGTH = 1024 * 1024

/**
 * `import-4x <file> [--out rules.yaml] [--config-out config.yaml]`. Returns the exit code: 0 when every line was understood, 1
 * when one was not or a file cannot be read or written, 2 for words that it cannot take.
 */
export async function runImport(words: readonly string[], deps: ImportDeps): Promise<number> {
  if (words.includes('--help') || words.includes('-h')) {
    await deps.out.print(IMPORT_HELP)
    return 0
  }
  const read = readImportWords(words)
  if ('mistake' in read) {
    await deps.err.print(`import-4x: ${read.mistake}\n\n${IMPORT_HELP}`)
    return 2
  }
  const { file, out, configOut } = read
  const text = attempt(() => deps.readFile(file))
  if ('failure' in text) {
    await deps.err.print(`${shownText(file)}: cannot be read: ${text.failure}\n`)
    return 1
  }
  if (text.value.length > MAX_LENGTH) {
    await deps.err.print(
      `${shownText(file)}: is longer than ${MAX_LENGTH} characters: it is no file of EMQX\n`,
    )
    return 1
  }
  const imported = importBridge(text.value)
  const rules = writeRules(imported, fileNameOf(file))
  const failures: string[] = []
  const write = (path: string, content: string) => {
    const written = attempt(() => deps.writeFile(path, content))
    if ('failure' in written) failures.push(`${shownText(path)}: cannot be written: ${written.failure}`)
  }
  if (out === undefined) await deps.out.print(rules)
  else write(out, rules)
  if (configOut !== undefined) write(configOut, writeConfig(imported.options) || '# Nothing but defaults.\n')

  const said = imported.findings.filter(({ level }) => level !== 'note')
  const lines = said.map(({ line, level, text: what }) => {
    const place = line === 0 ? shownText(file) : `${shownText(file)}:${line}`
    return `${place}: ${level === 'warning' ? 'warning: ' : ''}${what}`
  })
  const notes = imported.findings.length - said.length
  const summary = `${shownText(file)}: ${linesSummary(imported)}; ${notes} differences are told in the comments of the rules`
  await deps.err.print([...lines, ...failures, summary].map((line) => `${line}\n`).join(''))
  return failures.length > 0 || imported.findings.some(({ level }) => level === 'problem') ? 1 : 0
}

interface ImportWords {
  readonly file: string
  readonly out: string | undefined
  readonly configOut: string | undefined
}

const FLAGS = ['out', 'config-out']

function readImportWords(words: readonly string[]): ImportWords | { readonly mistake: string } {
  const files: string[] = []
  const values = new Map<string, string>()
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const [, flag, inline] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? []
    if (flag === undefined) files.push(word)
    else if (!FLAGS.includes(flag))
      return { mistake: `there is no flag ${quoted(`--${flag}`)}${suggestion(flag, FLAGS)}` }
    else {
      const value = inline ?? words[++i] ?? ''
      if (value === '' || values.has(flag)) return { mistake: `--${flag} needs one path` }
      values.set(flag, value)
    }
  }
  const [file = ''] = files
  if (file === '' || files.length > 1)
    return { mistake: 'name one file, as in `exhook-kafka import-4x emqx_bridge_kafka.conf`' }
  const paths = [file, ...values.values()].map((path) => resolve(path))
  if (new Set(paths).size < paths.length)
    return { mistake: 'the file that is read and those that are written must each be another one' }
  return { file, out: values.get('out'), configOut: values.get('config-out') }
}

/** The header of the rules tells what was read, not where it lay. */
const fileNameOf = (path: string): string => path.split(/[\\/]/).at(-1) || path

function attempt<T>(action: () => T): { readonly value: T } | { readonly failure: string } {
  try {
    return { value: action() }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { failure: code === 'ENOENT' ? 'there is no such file or directory' : (code ?? message) }
  }
}
