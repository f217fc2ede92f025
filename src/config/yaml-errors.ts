import type { ErrorCode } from 'yaml'

/**
 * What is wrong with a YAML text, in our words. The parser's own messages quote the text, and a password may stand
 * there; these never do.
 */
const TEXTS: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'an alias (`*name`) takes no anchor or tag; put a text that begins with `*` in quotes',
  BAD_ALIAS: 'bad alias; put a text that begins with `*` or `&` in quotes',
  BAD_COLLECTION_TYPE: 'the tag does not fit what follows it; leave the tag out',
  BAD_DIRECTIVE: 'bad directive; leave the line that begins with `%` out',
  BAD_DQ_ESCAPE: 'unknown escape in double quotes; write `\\\\` for a backslash, or use single quotes',
  BAD_INDENT: 'wrong indentation (keys of one section begin in the same column), or a bracket not closed',
  BAD_PROP_ORDER: 'an anchor or a tag stands in the wrong place',
  BAD_SCALAR_START: 'a text cannot begin with this character; put it in quotes',
  BLOCK_AS_IMPLICIT_KEY: 'two keys on one line; put a text that holds `: ` in quotes',
  BLOCK_IN_FLOW: 'a block inside braces or brackets; close them first',
  DUPLICATE_KEY: 'this key stands here twice; remove one',
  IMPOSSIBLE: 'this is not YAML',
  KEY_OVER_1024_CHARS: 'a key is too long; check for a missing quote before it',
  MISSING_CHAR: 'a character is missing: a colon, a closing quote, bracket or brace, or a space before `#`',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line and end in a colon',
  MULTIPLE_ANCHORS: 'two anchors on one value',
  MULTIPLE_DOCS: 'a second document begins here; the file holds only one',
  MULTIPLE_TAGS: 'two tags on one value',
  NON_STRING_KEY: 'a key must be a plain word',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'a tab in the indentation; use spaces',
  TAG_RESOLVE_FAILED: 'unknown tag; put a text that begins with `!` in quotes',
  UNEXPECTED_TOKEN: 'this does not belong here; check quotes, brackets and indentation before it',
}

export function yamlErrorText(code: ErrorCode): string {
  return TEXTS[code] ?? TEXTS.IMPOSSIBLE
}
