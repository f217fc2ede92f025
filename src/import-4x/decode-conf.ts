import { utf8Text } from '../text/utf8.ts'
import { type Finding, warning } from './finding.ts'

export interface DecodedConf {
  readonly text: string
  /** What there is to say about how the file is encoded. */
  readonly findings: readonly Finding[]
}

const MARKS: readonly (readonly [number, number, 'utf-16le' | 'utf-16be'])[] = [
  [0xff, 0xfe, 'utf-16le'],
  [0xfe, 0xff, 'utf-16be'],
]

/**
 * The text of a configuration file: UTF-8; UTF-16 where it has the byte order mark of that; all else is read as Latin-1, which
 * takes any byte and is what old editors wrote, and that is said. Never throws.
 */
export function decodeConf(bytes: Buffer): DecodedConf {
  const mark = MARKS.find(([first, second]) => bytes[0] === first && bytes[1] === second)
  if (mark !== undefined) return { text: new TextDecoder(mark[2]).decode(bytes), findings: [] }
  const text = utf8Text(bytes)
  if (text !== null) return { text, findings: [] }
  const what =
    'the line is not UTF-8, so the whole file was read as Latin-1: look whether its letters are right'
  return { text: bytes.toString('latin1'), findings: [warning(firstOddLine(bytes), what)] }
}

/** The first line that is no UTF-8 by itself, from 1; no byte of another letter is the end of a line in UTF-8. */
function firstOddLine(bytes: Buffer): number {
  const lines = bytes.toString('latin1').split(/\r\n|\n|\r/)
  return 1 + lines.findIndex((line) => utf8Text(Buffer.from(line, 'latin1')) === null)
}
