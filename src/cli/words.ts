import type { Mistake } from '../config/config-error.ts'
import { CONFIG_FLAG, takesNextWord } from '../config/from-flags.ts'
import { OPTION_LIST } from '../config/option-list.ts'
import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'

/** What a command takes beside the options of the configuration. */
export interface CommandSpec {
  /** Flags with a value. */
  readonly values: readonly string[]
  /** Flags without one. */
  readonly switches: readonly string[]
  /** Names of the words without a flag, all of them needed. */
  readonly words: readonly string[]
  /** The sections of the configuration that it has a use for; default: those of a command that only talks to Kafka. */
  readonly sections?: readonly string[]
}

export interface CommandWords {
  /** By the names of the spec; complete when there are no mistakes. */
  readonly words: Readonly<Record<string, string>>
  readonly values: Readonly<Record<string, string>>
  readonly switches: ReadonlySet<string>
  /** The flags of the configuration, for `loadConfig`. */
  readonly rest: readonly string[]
  /** All of them, also those about words. */
  readonly mistakes: readonly Mistake[]
  /** Whether there are as many words as are needed. */
  readonly fits: boolean
}

const KAFKA_SECTIONS = ['kafka', 'dead_letters', 'log']

/** The flags of these sections of the configuration; all others are serve's. */
function configFlags(sections: readonly string[]): ReadonlySet<string> {
  const options = OPTION_LIST.filter(({ path }) => sections.some((section) => path.startsWith(`${section}.`)))
  return new Set([CONFIG_FLAG, ...options.map(({ flag }) => flag)])
}

/** Sorts the words of a command line; every mistake at once. */
export function readWords(argv: readonly string[], spec: CommandSpec): CommandWords {
  const mistakes: Mistake[] = []
  const values: Record<string, string> = {}
  const switches = new Set<string>()
  const plain: string[] = []
  const rest: string[] = []
  const ofConfig = configFlags(spec.sections ?? KAFKA_SECTIONS)
  const known = [...spec.values, ...spec.switches, ...ofConfig]

  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    const [, name, , inline] = /^--?([^=-][^=]*)(=([\s\S]*))?$/.exec(word) ?? []
    if (name === undefined) {
      plain.push(word)
      continue
    }
    const isSwitch = spec.switches.includes(name)
    const value = inline ?? (!isSwitch && takesNextWord(name, argv[i + 1]) ? argv[++i] : undefined)
    if (isSwitch) {
      if (value !== undefined) mistakes.push({ message: `--${name}: takes no value` })
      switches.add(name)
    } else if (spec.values.includes(name)) {
      if (value === undefined || value === '') mistakes.push({ message: `--${name}: needs a value` })
      else if (name in values) mistakes.push({ message: `--${name}: is given twice` })
      else values[name] = value
    } else if (ofConfig.has(name) || OPTION_LIST.some(({ flag, secret }) => secret && flag === name)) {
      rest.push(value === undefined ? `--${name}` : `--${name}=${value}`)
    } else {
      mistakes.push({ message: `--${name}: unknown flag here${suggestion(name, known)}` })
    }
  }
  const words = Object.fromEntries(spec.words.flatMap((name, i) => pair(name, plain[i])))
  for (const name of spec.words.slice(plain.length)) mistakes.push({ message: `name a ${name}` })
  for (const word of plain.slice(spec.words.length)) {
    mistakes.push({ message: `${quoted(word)} is not expected here` })
  }
  return { words, values, switches, rest, mistakes, fits: plain.length === spec.words.length }
}

const pair = (name: string, word: string | undefined): [string, string][] =>
  word === undefined ? [] : [[name, word]]

/** The whole number above zero that a flag gives; infinity when it is not given, a mistake when it is something else. */
export function countOf(values: CommandWords['values'], name: string, mistakes: Mistake[]): number {
  const text = values[name]
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text)
  mistakes.push({ message: `--${name}: must be a whole number above 0, not ${quoted(text)}` })
  return Number.POSITIVE_INFINITY
}
