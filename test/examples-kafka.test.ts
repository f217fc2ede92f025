import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadConfig } from '../src/config/load-config.ts'
import { createAuthority } from './support/kafka/tls-files.ts'

const FOLDER = join(import.meta.dirname, '..', 'examples', 'kafka')
const readme = readFileSync(join(FOLDER, '..', '..', 'README.md'), 'utf8')
const names = readdirSync(FOLDER)

it.each(names)('examples/kafka/%s is a configuration, and stands in the README', async (name) => {
  const text = readFileSync(join(FOLDER, name), 'utf8')
  const authority = await createAuthority()
  const { cert, key } = await authority.issue('us')
  const readFile = (path: string) => {
    if (path.endsWith(name)) return text
    return /\.key$/.test(path)
      ? key
      : /user\.crt$/.test(path)
        ? cert
        : /ca/.test(path)
          ? authority.cert
          : 'secret'
  }
  expect(loadConfig({ argv: [`--config=${name}`], env: {}, readFile }).kafka.tls).toBe(true)
  expect(readme).toContain(text.split('\n').slice(1).join('\n').trimEnd())
})
