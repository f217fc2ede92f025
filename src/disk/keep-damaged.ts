import { join } from 'node:path'
import type { DiskFiles } from './disk-files.ts'
import { DAMAGED } from './segment-names.ts'

/**
 * Gives a damaged file a second name, under which it stays for the operator when the log rewrites or deletes it.
 * Returns the path. One that is there already, from an earlier life, stays; where links are not possible there is none.
 */
export async function keepDamaged(files: DiskFiles, path: string, name: string): Promise<string> {
  const kept = join(path, name + DAMAGED)
  await files.link(join(path, name), kept).catch(() => {})
  return kept
}
