import { isMap, isScalar, isSeq, type Node } from 'yaml'
import type { Property } from '../../events/hook-event.ts'
import { quoted } from '../../text/quoted.ts'
import type { YamlFile } from '../yaml-file.ts'
import { described, type Entry, readMap, readText, readTextMap, written } from '../yaml-map.ts'

const PAIR_KEYS = { known: new Set(['key', 'value']), later: new Set<string>() }

/** Properties of MQTT 5, and the user's own among them. */
export interface Properties {
  readonly props: readonly Property[]
  readonly userProps: readonly Property[]
}

/**
 * Reads properties as EMQX 5 shows them: a map of names to texts, the user's own in `User-Property` (a map) or
 * `User-Property-Pairs` (a list of `{key, value}`, which may repeat a name and goes before the map).
 */
export function readProperties(file: YamlFile, entry: Entry): Properties {
  if (!isMap<Node, Node | null>(entry.value)) {
    file.mistake(entry.value ?? entry.key, `\`${entry.name}\` must be a map, not ${described(entry.value)}`)
    return { props: [], userProps: [] }
  }
  const props: Property[] = []
  let map: readonly Property[] = []
  let pairs: readonly Property[] | null = null
  for (const { key, value } of entry.value.items) {
    const name = isScalar(key) ? String(key.value) : ''
    const own = { name, key, value: written(file, value) }
    if (name === 'User-Property')
      map = (readTextMap(file, own) ?? []).map((one) => ({ name: one.name.text, value: one.value.text }))
    else if (name === 'User-Property-Pairs') pairs = readPairs(file, own)
    else {
      const text = readText(file, own)
      if (text !== null) props.push({ name, value: text.text })
    }
  }
  return { props, userProps: pairs ?? map }
}

function readPairs(file: YamlFile, entry: Entry): readonly Property[] {
  if (!isSeq<Node>(entry.value)) {
    file.mistake(entry.value ?? entry.key, `${quoted(entry.name)} must be a list of {key, value}`)
    return []
  }
  return entry.value.items.flatMap((item) => {
    const { entries } = readMap(file, written(file, item), PAIR_KEYS)
    const [key, value] = [entries.get('key'), entries.get('value')]
    if (key === undefined || value === undefined) {
      file.mistake(item, `an item of ${quoted(entry.name)} needs a \`key\` and a \`value\``)
      return []
    }
    const [name, text] = [readText(file, key), readText(file, value)]
    return name === null || text === null ? [] : [{ name: name.text, value: text.text }]
  })
}
