import { execFile } from 'node:child_process'
import { existsSync, linkSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFile } from '../support/temporary-file.ts'

const ROOT = join(import.meta.dirname, '..', '..')

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/bin.ts', ...args], { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

const good = temporaryFile(
  'emqx_bridge_kafka.conf',
  'bridge.kafka.servers = 10.0.0.1:9092\r\nbridge.kafka.hook.message.publish.1 = {"filter":"#", "topic":"message_publish"}\r\n',
)

it('writes rules to standard output, and the account of the lines beside it', async () => {
  const { code, stdout, stderr } = await run('import-4x', good)
  expect(code).toBe(0)
  expect(stderr).toBe(`${good}: 1 rule, 1 setting, 0 comments, 0 empty lines\n`)
  const rules = temporaryFile('rules.yaml', stdout)
  expect(await run('check', rules)).toMatchObject({ code: 0, stderr: '' })
})

it('writes over nothing that it reads, and not twice to the same file', async () => {
  const before = readFileSync(good, 'utf8')
  const twice = [good, '--out=same.yaml', '--config-out=./same.yaml']
  for (const words of [[good, '--out', good], [good, `--config-out=${good}`], twice]) {
    expect(await run('import-4x', ...words)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('must each be another one'),
    })
  }
  expect(readFileSync(good, 'utf8')).toBe(before)
  expect(existsSync(join(ROOT, 'same.yaml'))).toBe(false)
})

it('writes over what it reads by no link to it either', async () => {
  const before = readFileSync(good, 'utf8')
  const folder = dirname(temporaryFile('x', ''))
  const at = (name: string) => join(folder, name)
  symlinkSync(good, at('symlink'))
  linkSync(good, at('hard-link'))
  symlinkSync(dirname(good), at('folder'))
  symlinkSync('new.yaml', at('to-new'))
  const wrong = [
    ['--out', at('symlink')],
    ['--out', at('hard-link')],
    [`--config-out=${at('folder')}/emqx_bridge_kafka.conf`],
    ['--out', at('to-new'), '--config-out', at('new.yaml')],
    ['--out=-', '--config-out=-'],
  ]
  for (const words of wrong) {
    expect(await run('import-4x', good, ...words, '--force')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('must each be another one'),
    })
  }
  expect(readFileSync(good, 'utf8')).toBe(before)
  expect(existsSync(at('new.yaml'))).toBe(false)
})

it('writes none of two files when one cannot be opened', async () => {
  const folder = dirname(temporaryFile('x', ''))
  const there = temporaryFile('there.yaml', 'mine')
  for (const out of [join(folder, 'rules.yaml'), there]) {
    const words = [`--out=${out}`, '--config-out=/nowhere/config.yaml', '--force']
    const { code, stderr } = await run('import-4x', good, ...words)
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('/nowhere/config.yaml: cannot be written: there is no such file'),
    })
  }
  expect(existsSync(join(folder, 'rules.yaml'))).toBe(false)
  expect(readFileSync(there, 'utf8')).toBe('mine')
})

it('takes - for the standard output', async () => {
  const config = join(dirname(temporaryFile('x', '')), 'config.yaml')
  const rules = await run('import-4x', good, '--out=-', `--config-out=${config}`)
  expect(rules.stdout).toBe((await run('import-4x', good)).stdout)
  const settings = await run('import-4x', good, `--out=${config}`, '--config-out', '-', '--force')
  expect(settings.stdout).toContain('10.0.0.1:9092')
  expect(readFileSync(config, 'utf8')).toBe(rules.stdout)
  expect(existsSync(join(ROOT, '-'))).toBe(false)
})

it('writes files that check and serve take', async () => {
  const folder = dirname(temporaryFile('x', ''))
  const [rules, config] = [join(folder, 'rules.yaml'), join(folder, 'config.yaml')]
  expect(await run('import-4x', good, '--out', rules, `--config-out=${config}`)).toMatchObject({
    code: 0,
    stdout: '',
  })
  expect(readFileSync(rules, 'utf8')).toContain('topic: message_publish')
  const printed = await run('serve', '--config', config, '--rules', rules, '--print-config')
  expect(printed.stdout).toContain('10.0.0.1:9092')
})

it('replaces no file that is there unless it is told to, and then writes none', async () => {
  const there = temporaryFile('rules.yaml', 'mine')
  const other = join(dirname(there), 'config.yaml')
  for (const words of [
    [`--out=${there}`, `--config-out=${other}`],
    [`--out=${other}`, `--config-out=${there}`],
  ]) {
    const refused = await run('import-4x', good, ...words)
    expect(refused).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: `${there}: is there already: name another file, or replace it by --force\n`,
    })
    expect(readFileSync(there, 'utf8')).toBe('mine')
    expect(existsSync(other)).toBe(false)
  }
  expect(await run('import-4x', good, `--out=${there}`, `--config-out=${other}`, '--force')).toMatchObject({
    code: 0,
  })
  expect(readFileSync(there, 'utf8')).toContain('message_publish')
  expect(readFileSync(other, 'utf8')).toContain('10.0.0.1:9092')
})

it('reads a file of an old editor as Latin-1, and says so', async () => {
  const text = '## caf\u00e9\nbridge.kafka.hook.message.publish.1 = {"filter":"\u00fcber/#", "topic":"t"}\n'
  const latin = temporaryFile('latin.conf', Buffer.from(text, 'latin1'))
  const { code, stdout, stderr } = await run('import-4x', latin)
  expect(code).toBe(0)
  expect(stderr).toMatch(/latin\.conf:1: warning: the line is not UTF-8, .* read as Latin-1/)
  expect(stdout).toContain('## caf\u00e9\n')
  expect(stdout).toContain('filter: \u00fcber/#\n')
})

it('lists what it did not understand, with the line, and exits 1 with rules all the same', async () => {
  const bad = temporaryFile(
    'bad.conf',
    'bridge.kafka.sevrers = a:1\nbridge.kafka.hook.client.connected.1 = {"topic": "t"}\nwhat\nbridge.kafka.encode_payload_type = plain\n',
  )
  const { code, stdout, stderr } = await run('import-4x', bad)
  expect(code).toBe(1)
  const lines = stderr.split('\n')
  expect(lines[0]).toMatch(/bad\.conf:1: unknown setting .*did you mean `servers`/)
  expect(lines[1]).toMatch(/bad\.conf:3: neither/)
  expect(lines[2]).toMatch(/bad\.conf:4: warning: payloads are base64/)
  expect(await run('check', temporaryFile('rules.yaml', stdout))).toMatchObject({ code: 0 })
})

it('says in a sentence what it cannot read, write or take', async () => {
  expect(await run('import-4x', '/nowhere.conf')).toMatchObject({
    code: 1,
    stderr: '/nowhere.conf: cannot be read: there is no such file or directory\n',
  })
  const blocked = await run('import-4x', good, '--out', '/nowhere/rules.yaml')
  expect(blocked.code).toBe(1)
  expect(blocked.stderr).toContain('/nowhere/rules.yaml: cannot be written')
  expect(existsSync('/nowhere/rules.yaml')).toBe(false)
  for (const words of [[], [good, good], [good, '--ot', 'x'], [good, '--out']]) {
    expect(await run('import-4x', ...words)).toMatchObject({ code: 2, stdout: '' })
  }
  expect(await run('import-4x', '--help')).toMatchObject({ code: 0, stderr: '' })
})
