import { CONFIG_ENV } from './from-environment.ts'
import { CONFIG_FLAG } from './from-flags.ts'
import { type NamedOption, OPTION_LIST } from './option-list.ts'

/** One line of the reference of all options. */
export interface OptionRow {
  /** The key in the file: `queue.max_bytes`. */
  readonly path: string
  readonly env: string
  /** With its dashes; null for a secret, which has none. */
  readonly flag: string | null
  /** `ms`, `bytes`, `port`, `none|gzip|zstd` … */
  readonly unit: string
  /** As a user would write it; empty when nothing is set. */
  readonly default: string
  readonly doc: string
}

/** Every option, in the order of the file's sections. */
export function describeOptions(): readonly OptionRow[] {
  return OPTION_LIST.map((option) => ({
    path: option.path,
    env: option.env,
    flag: option.secret ? null : `--${option.flag}`,
    unit: option.format.unit,
    default: option.default === null ? '' : option.format.show(option.default),
    doc: option.doc,
  }))
}

/** The reference as a Markdown table, for the README. */
export function optionsTable(): string {
  const cells = (row: readonly string[]) => `| ${row.join(' | ')} |`
  const code = (text: string) => (text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``)
  const rows = describeOptions().map((row) =>
    cells([
      code(row.path),
      code(row.default),
      row.unit.replaceAll('|', '\\|'),
      row.doc,
      `${code(row.env)}${row.flag === null ? '' : `<br>${code(row.flag)}`}`,
    ]),
  )
  return [
    cells(['Key', 'Default', 'Unit', 'Meaning', 'Environment and flag']),
    cells(Array.from({ length: 5 }, () => '---')),
    ...rows,
    '',
  ].join('\n')
}

/** The flags of `serve`, for `--help`, to follow a heading. */
export function helpText(): string {
  return [
    'A setting is taken from the flags, else from the environment, else from the configuration file, else the default.',
    'Sizes are numbers of bytes or like 512KiB, 64MiB, 1GB. An empty variable counts as not set.',
    '',
    entry(`--${CONFIG_FLAG}=path`, `Configuration file (YAML). Default: none. [${CONFIG_ENV}]`),
    entry('--print-config', 'Print the resulting configuration, without its secrets, and exit.'),
    entry('--help', 'Print this and exit.'),
    entry('--version', 'Print the version and exit.'),
    ...OPTION_LIST.map((option) => entry(nameOf(option), detailsOf(option))),
    '',
  ].join('\n')
}

function nameOf({ secret, env, flag, format }: NamedOption): string {
  return secret ? `${env} (no flag)` : `--${flag}=${format.unit}`
}

function detailsOf(option: NamedOption): string {
  const fallback = option.default === null ? 'none' : option.format.show(option.default)
  return `${option.doc} Default: ${fallback}. [${option.env}]`
}

function entry(name: string, details: string): string {
  return `  ${name}\n      ${details}`
}
