import { isScalar } from 'yaml'
import type { YamlFile } from '../yaml-file.ts'
import { described, type Entry } from '../yaml-map.ts'

/** A whole number from 0 to `largest`; null after noting that it is none. */
export function readWholeNumber(file: YamlFile, entry: Entry, largest: number): number | null {
  const { value } = entry
  const number = isScalar(value) ? value.value : null
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= largest)
    return number
  file.mistake(
    value ?? entry.key,
    `\`${entry.name}\` must be a whole number from 0 to ${largest}, not ${described(value)}`,
  )
  return null
}
