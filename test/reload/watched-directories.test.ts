import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { watchedDirectories } from '../../src/reload/watched-directories.ts'
import { temporaryFolder } from './rule-directory.ts'

const folder = () => realpathSync(temporaryFolder())

it('is the one directory of a plain file, there or not', async () => {
  const at = folder()
  writeFileSync(join(at, 'a'), '')
  expect(await watchedDirectories(join(at, 'a'))).toEqual([at])
  expect(await watchedDirectories(join(at, 'none'))).toEqual([at])
})

it('follows symlinks to files and directories, and names the directory of each', async () => {
  const [links, named, real] = [folder(), folder(), folder()]
  mkdirSync(join(real, 'below'))
  writeFileSync(join(real, 'below', 'file'), '')
  symlinkSync(join(real, 'below'), join(named, 'directory'))
  symlinkSync(join(named, 'directory', 'file'), join(links, 'link'))
  const found = await watchedDirectories(join(links, 'link'))
  expect(new Set(found)).toEqual(new Set([links, named, join(real, 'below')]))
})

it('ends with symlinks that lead to each other', async () => {
  const at = folder()
  symlinkSync('b', join(at, 'a'))
  symlinkSync('a', join(at, 'b'))
  expect(await watchedDirectories(join(at, 'a'))).toEqual([at])
})
