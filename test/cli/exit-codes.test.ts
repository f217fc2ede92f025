import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { exitCodeOf } from '../../src/cli/mistakes.ts'
import { wordMistake } from '../../src/config/config-error.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const rules = temporaryFile('rules.yaml', 'rules:\n  - {hook: message.publish, topic: t}\n')
const event = temporaryFile('event.json', '{"event":"message.publish","topic":"a"}')
const conf = temporaryFile('kafka.conf', 'bridge.kafka.hook.message.publish.1 = {"topic":"t"}\n')
const config = temporaryFile('config.yaml', 'kafka:\n  linger_ms: soon\n')
const ofEmqx = ['--emqx=http://127.0.0.1:1', '--url=http://127.0.0.1:9000']

/** A command, words with which it is well, and what is added to them: what it cannot take, and what says something wrong. */
const COMMANDS: readonly (readonly [string, readonly string[], refused: string, wrong: string])[] = [
  ['serve', [`--rules=${rules}`], 'word', '--grpc-port=many'],
  ['check', [rules], '--strict=yes', 'none.yaml'],
  ['try', [rules, event], '--hook', '--hook=no.hook'],
  ['tail', ['t'], 'word', '--from=middle'],
  ['dead-letters list', [], '--kafka-sasl-password=hunter2', '--max=0'],
  ['dead-letters watch', [], '--max', `--config=${config}`],
  ['dead-letters redrive', [], '--dry-run=no', '--kafka-linger-ms=soon'],
  ['register', ofEmqx, '--name=a --emqx-provider-name=b', '--pool-size=0'],
  ['import-4x', [conf], 'word', `--out=${conf}`],
]

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const cache = mkdtempSync(join(tmpdir(), 'exhook-kafka-cache-'))
afterAll(() => rmSync(cache, { recursive: true, force: true }))

/** The program as a process, compiled once for all of them; nothing that it is told here makes it begin anything. */
function run(command: string, ...words: readonly string[]): Promise<Run> {
  const env = {
    ...process.env,
    ...{ NODE_COMPILE_CACHE: cache, EXHOOK_EMQX_API_KEY: 'k', EXHOOK_EMQX_API_SECRET: 's' },
  }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['src/bin.ts', ...command.split(' '), ...words],
      { cwd: ROOT, env, timeout: 25_000 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? Number.NaN), stdout, stderr }),
    )
  })
}

it.each(COMMANDS)(
  '%s answers words that it cannot take with 2, as every other command does',
  async (command, good, refused) => {
    const { code, stdout, stderr } = await run(command, ...good, ...refused.split(' '), '--hlep')
    const [name] = command.split(' ')
    const lines = stderr.split('\n')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(lines).toHaveLength(4)
    expect(lines.slice(0, 2)).toContain('there is no flag `--hlep`, did you mean `--help`?')
    expect(stderr).toMatch(/(^|\n)(`word` is not expected here|--[a-z-]+: )/)
    expect(lines.slice(2)).toEqual([`\`exhook-kafka ${name} --help\` tells what it takes`, ''])
    expect(stderr).not.toContain('hunter2')
  },
)

it.each(COMMANDS)('%s answers what is wrong in a value or a file with 1', async (...args) => {
  const [command, good, , wrong] = args
  const { code, stdout, stderr } = await run(command, ...good, wrong)
  expect(code).toBe(1)
  expect(stdout + stderr).not.toBe('')
  expect(stderr).not.toContain('--help`')
})

it.each(['serve', 'help'])('%s -h answers with 0', async (command) => {
  expect(await run(command, '-h')).toMatchObject({
    ...{ code: 0, stderr: '', stdout: expect.stringContaining('Exit codes: 0 ') },
  })
})

/** Flags without a value, beside words with which each command would begin something. */
const SWITCHES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['serve', [`--rules=${rules}`], ['--print-config']],
  ['check', [rules], ['--strict', '--no-tests']],
  ['try', [rules, event], ['--json']],
  ['tail', ['t'], ['--json']],
  ['dead-letters list', [], ['--json']],
  ['dead-letters redrive', [], ['--dry-run']],
  ['register', ofEmqx, ['--first', '--dry-run', '--json']],
  ['import-4x', [conf], ['--force']],
]

it.each(SWITCHES)('%s refuses a flag without a value that is there twice, or has one', async (...args) => {
  const [command, good, flags] = args
  const twice = await run(command, ...good, ...flags, ...flags)
  expect(twice).toMatchObject({ code: 2, stdout: '' })
  for (const flag of flags) expect(twice.stderr).toContain(`${flag}: is given twice\n`)
  const valued = await run(command, ...good, ...flags.map((flag) => `${flag}=false`), '--help=1')
  expect(valued).toMatchObject({ code: 2, stdout: '' })
  for (const flag of [...flags, '--help']) expect(valued.stderr).toContain(`${flag}: takes no value\n`)
})

it.each([
  ['--version', 'extra'],
  ['version', '--json'],
  ['--help', 'extra'],
  ['sreve', '--help'],
  ['serve', '--version=1'],
])('%s %s is answered with 2', async (command, word) => {
  expect(await run(command, word)).toMatchObject({ code: 2, stdout: '' })
})

it('serve takes its own flags with one dash too, as all others', async () => {
  const printed = await run('serve', '-print-config')
  expect(printed).toMatchObject({ code: 0, stdout: expect.stringContaining('port: 9000') })
  expect(await run('--help', 'tail')).toEqual(await run('tail', '--help'))
})

it('help of a command is what the command says of itself', async () => {
  const { code, stdout } = await run('help', 'tail')
  expect({ code, stdout }).toEqual({ code: 0, stdout: (await run('tail', '--help')).stdout })
  expect(stdout).toContain('--from=earliest|latest')
})

it('is 2 where words and what they say are both wrong', () => {
  expect(exitCodeOf([{ message: 'a' }, wordMistake('b'), { file: 'c', message: 'd' }])).toBe(2)
  expect(exitCodeOf([{ message: 'a' }])).toBe(1)
})

it('is 2 without a command that there is, which is told with the one that was meant', async () => {
  const wrong = await run('chek')
  expect(wrong).toMatchObject({ code: 2, stdout: '' })
  expect(wrong.stderr).toMatch(/^there is no command `chek`, did you mean `check`\?\n/)
})
