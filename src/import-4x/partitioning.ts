import { quoted } from '../text/quoted.ts'
import { type Finding, note, problem, warning } from './finding.ts'

/** A rule's `key`: a template, null for records without one, undefined to leave the field out (then the client id). */
export type RuleKey = string | null | undefined

/** What 4.x may have in the place of `${clientid}`, EMQX's older placeholders included. */
const PLACEHOLDERS: ReadonlyMap<string, string> = new Map([
  ['${client_id}', '${clientid}'],
  ['%c', '${clientid}'],
  ['%u', '${username}'],
])

const STRATEGIES = ['random', 'roundrobin', 'first_key_dispatch', 'per_partition_dispatch']

/**
 * The key that a rule gets for `strategy` and `key` of a 4.x line, and how that differs. There, the strategy alone chose the
 * partition; here the key does, as in Java's client.
 */
export function partitioning(
  line: number,
  strategy: string | undefined,
  oldKey: string | undefined,
): { readonly key: RuleKey; readonly findings: readonly Finding[] } {
  const findings: Finding[] = []
  const key = newKey(oldKey)
  if (key === null) {
    findings.push(
      note(
        line,
        'an empty key is written as none (`key: null`), so the records of a client go to any partition',
      ),
    )
    if (strategy === undefined || STRATEGIES.includes(strategy)) return { key, findings }
  }
  if (strategy !== undefined && !STRATEGIES.includes(strategy)) {
    const text = `the strategy ${quoted(strategy)} is none of ${STRATEGIES.join(', ')}: choose the \`key\` of the rule by hand`
    return { key, findings: [...findings, problem(line, text)] }
  }
  switch (strategy) {
    case undefined:
      if (key === undefined) return { key, findings }
      findings.push(
        note(line, 'the key decides the partition here, as in Java; 4.x chose it without the key'),
      )
      return { key, findings }
    case 'first_key_dispatch': {
      const text =
        key === undefined
          ? 'the line has no key for `first_key_dispatch`: the client id is the key here'
          : "by key, as before, with the hash of Java's client (murmur2) instead of Erlang's: a key's records may go to another partition than before"
      return { key, findings: [...findings, note(line, text)] }
    }
    case 'per_partition_dispatch':
      findings.push(
        warning(
          line,
          key === undefined
            ? '`per_partition_dispatch` is written as no key, so the records of a client go to any partition: leave `key` out if each client is to keep its order'
            : '`per_partition_dispatch`: here the key decides the partition',
        ),
      )
      return { key: key === undefined ? null : key, findings }
    default:
      findings.push(
        note(
          line,
          key === undefined
            ? `\`${strategy}\` is written as no key, so the records of a client go to any partition, as before; without this line each client keeps its order`
            : `\`${strategy}\` with a key: the key is kept, and decides the partition here`,
        ),
      )
      return { key: key === undefined ? null : key, findings }
  }
}

function newKey(key: string | undefined): RuleKey {
  if (key === undefined) return undefined
  if (key === '') return null
  return PLACEHOLDERS.get(key) ?? key.replaceAll('${client_id}', '${clientid}')
}
