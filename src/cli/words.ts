import { type Mistake, wordMistake } from '../config/config-error.ts'
import { CONFIG_FLAG, type FlagAliases, flagOf, noSuchFlag, takesNextWord } from '../config/from-flags.ts'
import { OPTION_LIST } from '../config/option-list.ts'
import { didYouMean } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'

/** What a command takes beside the options of the configuration. */
export interface CommandSpec {
  /** Flags with a value. */
  readonly values: readonly string[]
  /** Flags without one. */
  readonly switches: readonly string[]
  /** Names of the words without a flag, all of them needed. */
  readonly words: readonly string[]
  /** The name of the last word, of which there may be any number; default: one of each. */
  readonly more?: string
  /** The sections of the configuration that it has a use for; default: those of a command that only talks to Kafka. */
  readonly sections?: readonly string[]
  /** Names of its own for flags of the configuration. */
  readonly aliases?: FlagAliases
}

export interface CommandWords {
  /** By the names of the spec; complete when there are no mistakes. */
  readonly words: Readonly<Record<string, string>>
  /** Those beyond the first of `more`. */
  readonly others: readonly string[]
  readonly values: Readonly<Record<string, string>>
  readonly switches: ReadonlySet<string>
  /** The flags of the configuration, for `loadConfig`. */
  readonly rest: readonly string[]
  /** All of them, also those about words. */
  readonly mistakes: readonly Mistake[]
}

const KAFKA_SECTIONS = ['kafka', 'dead_letters', 'log']

/** The flags of these sections of the configuration; all others are serve's. None for a command without a section. */
function configFlags(sections: readonly string[]): ReadonlySet<string> {
  if (sections.length === 0) return new Set()
  // Every secret is in it: that it is not taken from a flag is then said, and its value is not repeated.
  const options = OPTION_LIST.filter(
    ({ path, secret }) => secret || sections.some((section) => path.startsWith(`${section}.`)),
  )
  return new Set([CONFIG_FLAG, ...options.map(({ flag }) => flag)])
}

/** Sorts the words of a command line; every mistake at once, all of them `ofWords`. */
export function readWords(argv: readonly string[], spec: CommandSpec): CommandWords {
  const mistakes: Mistake[] = []
  const values: Record<string, string> = {}
  const switches = new Set<string>()
  const plain: string[] = []
  const rest: string[] = []
  const ofConfig = configFlags(spec.sections ?? KAFKA_SECTIONS)
  const aliases = Object.keys(spec.aliases ?? {})
  const known = [...spec.values, ...spec.switches, ...aliases, ...ofConfig]
  let mayLackWords = false

  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? ''
    const { name, written, inline } = flagOf(word)
    if (name === undefined) {
      // As an unset variable in quotes leaves it.
      if (word === '') mistakes.push(wordMistake(`word ${i + 1} is empty: name something, or leave it out`))
      plain.push(word)
      continue
    }
    if (name === 'help' && inline !== undefined) {
      mistakes.push(wordMistake('--help: takes no value'))
      continue
    }
    const isKnown = known.includes(name)
    const isSwitch = spec.switches.includes(isKnown ? name : (didYouMean(name, known) ?? ''))
    const value = inline ?? (!isSwitch && takesNextWord(name, argv[i + 1]) ? argv[++i] : undefined)
    if (!isKnown) {
      mistakes.push(wordMistake(`${noSuchFlag(written, [...known, 'help'])}${servesFlag(name)}`))
      // What it took may be its value or one of the words.
      mayLackWords ||= inline === undefined && value !== undefined
    } else if (isSwitch) {
      if (value !== undefined) mistakes.push(wordMistake(`--${name}: takes no value`))
      else if (switches.has(name)) mistakes.push(wordMistake(`--${name}: is given twice`))
      switches.add(name)
    } else if (spec.values.includes(name)) {
      if (value === undefined || value === '') mistakes.push(wordMistake(`--${name}: needs a value`))
      else if (name in values) mistakes.push(wordMistake(`--${name}: is given twice`))
      else values[name] = value
    } else rest.push(value === undefined ? `--${name}` : `--${name}=${value}`)
  }
  const words = Object.fromEntries(spec.words.flatMap((name, i) => pair(name, plain[i])))
  const missing = mayLackWords ? [] : spec.words.slice(plain.length)
  for (const name of missing) mistakes.push(wordMistake(`name a ${name}`))
  const others = plain.slice(spec.words.length)
  if (spec.more === undefined)
    for (const word of others) mistakes.push(wordMistake(`${quoted(word)} is not expected here`))
  return { words, others, values, switches, rest, mistakes }
}

const servesFlag = (name: string): string =>
  OPTION_LIST.some(({ flag }) => flag === name) ? ' here: it is one of `serve`' : ''

const pair = (name: string, word: string | undefined): [string, string][] =>
  word === undefined ? [] : [[name, word]]

/**
 * The whole number that a flag gives, of `least` (1) at least; infinity when it is not given, a mistake when it is something else.
 */
export function countOf(
  values: CommandWords['values'],
  name: string,
  mistakes: Mistake[],
  least: 0 | 1 = 1,
): number {
  const text = values[name]
  if (text === undefined) return Number.POSITIVE_INFINITY
  if (/^(0|[1-9]\d{0,14})$/.test(text) && Number(text) >= least) return Number(text)
  const wanted = least === 1 ? 'above 0' : 'from 0'
  mistakes.push({ message: `--${name}: must be a whole number ${wanted}, not ${quoted(text)}` })
  return Number.POSITIVE_INFINITY
}
