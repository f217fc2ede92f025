/** Words longer than this are no slip of the finger, and comparing is quadratic. */
const MAX_LENGTH = 100

/**
 * The candidate that was probably meant by a mistyped word; undefined when none is near enough.
 * Near enough: at most one slip for every three letters (one for a short word), where a slip is a letter too many,
 * missing, wrong or swapped with its neighbour. Case, punctuation and the `On` of an RPC do not count, so that
 * `maxRecords` finds `max_records`, and `OnMessagePublish` finds `message.publish`. On a tie the first candidate wins.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const letters = lettersOf(word)
  if (letters === '' || word.length > MAX_LENGTH) return undefined
  let best: string | undefined
  let bestSlips = Math.max(1, Math.floor(letters.length / 3)) + 1
  for (const candidate of candidates) {
    const slips = slipsBetween(letters, lettersOf(candidate))
    // As many slips as letters: nothing in common.
    if (slips < bestSlips && slips < letters.length) {
      best = candidate
      bestSlips = slips
    }
  }
  return best
}

/** `` , did you mean `x`? `` without the outer blanks, or nothing: to follow "unknown key". */
export function suggestion(word: string, candidates: Iterable<string>): string {
  const meant = didYouMean(word, candidates)
  return meant === undefined ? '' : `, did you mean \`${meant}\`?`
}

function lettersOf(word: string): string {
  return word
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
    .replace(/^on(?=client|session|message)/, '')
}

/** The optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      let slips = Math.min(replaced, at(last, j) + 1, at(row, j - 1) + 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (swapped) slips = Math.min(slips, at(beforeLast, j - 2) + 1)
      row.push(slips)
    }
    beforeLast = last
    last = row
  }
  return at(last, b.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
