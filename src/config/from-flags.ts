import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import type { Mistake } from './config-error.ts'
import { type NamedOption, OPTION_LIST } from './option-list.ts'
import { type Layer, misplacedSecret, mistakeAt, type Setting } from './setting.ts'

/** Flags without a value that steer the command itself; they are passed over here. */
export const COMMAND_FLAGS = ['help', 'version', 'print-config'] as const

/** Names the configuration file. */
export const CONFIG_FLAG = 'config'

const OPTION_BY_FLAG = new Map(OPTION_LIST.map((option) => [option.flag, option]))
const KNOWN = [CONFIG_FLAG, ...COMMAND_FLAGS, ...OPTION_BY_FLAG.keys()]

export interface FlagLayer extends Layer {
  readonly configPath: string | undefined
}

/**
 * What the command line says, without the name of the command: `--flag value`, `--flag=value`, and `--flag` alone for
 * one that is true or false. A value that begins with two dashes needs the `=`.
 */
export function readFlags(argv: readonly string[]): FlagLayer {
  const settings: Setting[] = []
  const mistakes: Mistake[] = []
  const seen = new Set<string>()
  let configPath: string | undefined

  for (const { name, text } of tokens(argv)) {
    if (name === undefined) {
      mistakes.push({ message: `${quoted(text ?? '')} is not expected here: every setting is a --flag` })
      continue
    }
    if ((COMMAND_FLAGS as readonly string[]).includes(name)) continue
    const place = { kind: 'flag', name } as const
    const option = OPTION_BY_FLAG.get(name)
    const mistake = mistakeOfFlag(name, option, text, seen)
    seen.add(name)
    if (mistake !== undefined) mistakes.push(mistakeAt(place, undefined, mistake))
    else if (name === CONFIG_FLAG) configPath = text
    else if (option !== undefined) settings.push({ option, text: text ?? 'true', place })
  }
  return { settings, mistakes, configPath }
}

function mistakeOfFlag(
  name: string,
  option: NamedOption | undefined,
  text: string | undefined,
  seen: ReadonlySet<string>,
): string | undefined {
  if (option === undefined && name !== CONFIG_FLAG) return `unknown flag${suggestion(name, KNOWN)}`
  if (option?.secret) {
    const where = 'a flag, where every user of the machine can read it'
    return misplacedSecret(option.env, `--${option.flag}-file`, where)
  }
  if (seen.has(name)) return 'is given twice'
  if (text === '' || (text === undefined && !option?.format.switch)) {
    return `needs a value: --${name}=${option?.format.unit ?? 'path'}`
  }
  return undefined
}

/** One flag with its value, or a word that belongs to no flag (then without a name). */
interface Token {
  readonly name: string | undefined
  readonly text: string | undefined
}

function* tokens(argv: readonly string[]): Generator<Token> {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    const [, name, , inline] = /^--?([^=-][^=]*)(=([\s\S]*))?$/.exec(word) ?? []
    if (name === undefined) {
      yield { name: undefined, text: word }
    } else if (inline !== undefined || (COMMAND_FLAGS as readonly string[]).includes(name)) {
      yield { name, text: inline }
    } else {
      const next = argv[i + 1]
      const takesNext = takesNextWord(name, next)
      // What follows an unknown flag is its value: it could be a secret, and is not to be complained about by itself.
      if (takesNext) i++
      yield { name, text: takesNext ? next : undefined }
    }
  }
}

/** Whether a flag that was given without `=` takes the word after it as its value. */
export function takesNextWord(name: string, next: string | undefined): boolean {
  return next !== undefined && !next.startsWith('--') && !isLoneSwitch(name, next)
}

/** `--kafka-tls` before something that is neither `true` nor `false`. */
function isLoneSwitch(name: string, next: string): boolean {
  return OPTION_BY_FLAG.get(name)?.format.switch === true && next !== 'true' && next !== 'false'
}
