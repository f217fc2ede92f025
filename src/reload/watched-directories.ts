import { readlink } from 'node:fs/promises'
import { dirname, join, parse, resolve, sep } from 'node:path'

/** As many as Linux follows. */
const MAX_LINKS = 40

/**
 * The directories in which something changes when the contents of a file do: the one that is named in its path, the one that it lies in
 * when all symlinks are followed, and each that holds one of these symlinks. Never rejects; of a link that leads nowhere, those up to there.
 */
export async function watchedDirectories(path: string): Promise<readonly string[]> {
  const full = resolve(path)
  const found = new Set([dirname(full)])
  let done = parse(full).root
  let left = namesIn(full)
  for (let links = 0; left.length > 0; ) {
    const [name = '', ...others] = left
    const here = join(done, name)
    const target = await readlink(here).catch(() => null)
    if (target === null) {
      left = others
      if (left.length === 0) found.add(done)
      done = here
      continue
    }
    found.add(done)
    if (++links > MAX_LINKS) break
    const on = resolve(done, target)
    left = [...namesIn(on), ...others]
    done = parse(on).root
  }
  return [...found]
}

const namesIn = (path: string): readonly string[] =>
  path.slice(parse(path).root.length).split(sep).filter(Boolean)
