import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import { type Mistake, wordMistake } from './config-error.ts'
import { type NamedOption, OPTION_LIST } from './option-list.ts'
import { type Layer, misplacedSecret, type Setting } from './setting.ts'

/** Flags without a value that steer the command itself; here it is only seen to that they have none, and are there once. */
export const COMMAND_FLAGS = ['help', 'version', 'print-config'] as const

/** Names the configuration file. */
export const CONFIG_FLAG = 'config'

const OPTION_BY_FLAG = new Map(OPTION_LIST.map((option) => [option.flag, option]))
const KNOWN = [CONFIG_FLAG, ...COMMAND_FLAGS, ...OPTION_BY_FLAG.keys()]

export interface FlagLayer extends Layer {
  readonly configPath: string | undefined
}

/** Flags of a command by the flag of the configuration that each stands for: `emqx` for `emqx-api-url`. */
export type FlagAliases = Readonly<Record<string, string>>

/**
 * What the command line says, without the name of the command: `--flag value`, `--flag=value`, and `--flag` alone for
 * one that is true or false. A value that begins with two dashes needs the `=`. Messages name a flag as it was written.
 */
export function readFlags(argv: readonly string[], aliases: FlagAliases = {}): FlagLayer {
  const settings: Setting[] = []
  const mistakes: Mistake[] = []
  /** The flags of the configuration by the name under which each came. */
  const seen = new Map<string, string>()
  let configPath: string | undefined

  for (const { name, written, text } of tokens(argv)) {
    if (name === undefined) {
      mistakes.push(wordMistake(`${quoted(text ?? '')} is not expected here: every setting is a --flag`))
      continue
    }
    if ((COMMAND_FLAGS as readonly string[]).includes(name)) {
      if (text !== undefined) mistakes.push(wordMistake(`--${name}: takes no value`))
      else if (seen.has(name)) mistakes.push(wordMistake(`--${name}: is given twice`))
      seen.set(name, name)
      continue
    }
    const flag = aliases[name] ?? name
    const option = OPTION_BY_FLAG.get(flag)
    if (option === undefined && flag !== CONFIG_FLAG) {
      mistakes.push(wordMistake(noSuchFlag(written, KNOWN)))
      continue
    }
    const mistake = mistakeOfFlag(name, option, text, seen.get(flag))
    seen.set(flag, name)
    if (mistake !== undefined) mistakes.push(wordMistake(`--${name}: ${mistake}`))
    else if (option === undefined) configPath = text
    else settings.push({ option, text: text ?? 'true', place: { kind: 'flag', name } })
  }
  return { settings, mistakes, configPath }
}

/** What every command says of a flag that it does not have. `written`: as it stood there, without a value. */
export function noSuchFlag(written: string, known: Iterable<string>): string {
  const flags = Array.from(known, (name) => `--${name}`)
  return `there is no flag ${quoted(written)}${suggestion(written, flags)}`
}

function mistakeOfFlag(
  name: string,
  option: NamedOption | undefined,
  text: string | undefined,
  before: string | undefined,
): string | undefined {
  if (option?.secret) {
    const where = 'a flag, where every user of the machine can read it'
    return misplacedSecret(option.env, `--${option.flag}-file`, where)
  }
  if (before !== undefined) return before === name ? 'is given twice' : `says the same as --${before}`
  if (text === '' || (text === undefined && !option?.format.switch)) {
    return `needs a value: --${name}=${option?.format.unit ?? 'path'}`
  }
  return undefined
}

/** One flag with its value, or a word that belongs to no flag (then without a name). */
interface Token {
  readonly name: string | undefined
  /** The flag with its dashes; '' where there is none. */
  readonly written: string
  readonly text: string | undefined
}

function* tokens(argv: readonly string[]): Generator<Token> {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    const { name, written, inline } = flagOf(word)
    if (name === undefined) {
      yield { name, written, text: word }
    } else if (inline !== undefined || (COMMAND_FLAGS as readonly string[]).includes(name)) {
      yield { name, written, text: inline }
    } else {
      const next = argv[i + 1]
      const takesNext = takesNextWord(name, next)
      // What follows an unknown flag is its value: it could be a secret, and is not to be complained about by itself.
      if (takesNext) i++
      yield { name, written, text: takesNext ? next : undefined }
    }
  }
}

/** A word as a flag: `--name`, `--name=inline`, with one dash too. Without a name it is none. */
export function flagOf(word: string): {
  readonly name: string | undefined
  readonly written: string
  readonly inline: string | undefined
} {
  const [, written = '', name, , inline] = /^(--?([^=-][^=]*))(=([\s\S]*))?$/.exec(word) ?? []
  return { name, written, inline }
}

/** Whether a flag that was given without `=` takes the word after it as its value. */
export function takesNextWord(name: string, next: string | undefined): boolean {
  return next !== undefined && !next.startsWith('--') && !isLoneSwitch(name, next)
}

/** `--kafka-tls` before something that is neither `true` nor `false`. */
function isLoneSwitch(name: string, next: string): boolean {
  return OPTION_BY_FLAG.get(name)?.format.switch === true && next !== 'true' && next !== 'false'
}
