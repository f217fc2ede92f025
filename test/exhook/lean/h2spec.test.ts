import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { goProgram } from '../../support/go-programs.ts'
import { temporaryFile } from '../../support/temporary-file.ts'
import { type Served, serve } from '../served.ts'

/** What h2spec passes over, with the reason: it can only be tried on a server that limits its streams. */
const SKIPPED = [
  // EMQX ignores such a limit, and a refused stream costs an MQTT client its whole request_timeout.
  'Sends HEADERS frames that causes their advertised concurrent stream limit to be exceeded',
]

let h2spec: string
beforeAll(async () => {
  h2spec = await goProgram('h2spec')
}, 300_000)

let served: Served
afterEach(() => served.end())

it('passes every case of h2spec, the strict ones included', async () => {
  served = await serve({ server: 'lean' })
  const report = temporaryFile('h2spec.xml', '')
  const words = ['-h', '127.0.0.1', '-p', `${served.port}`, '--strict', '-j', report]
  const output = await new Promise<string>((resolve) => {
    execFile(h2spec, words, (_error, stdout) => resolve(stdout))
  })
  expect(output).toMatch(/\b\d{3} tests, \d+ passed, 1 skipped, 0 failed/)
  const xml = await readFile(report, 'utf8')
  const skipped = [...xml.matchAll(/classname="([^"]*)"[^>]*>\s*<skipped>/g)].map(([, name]) => name)
  expect(skipped).toEqual(SKIPPED)
})
