import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { startProvider } from './support/provider.ts'
import { temporaryFile } from './support/temporary-file.ts'

const ROOT = join(import.meta.dirname, '..')

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function run(
  args: readonly string[],
  env: Record<string, string> = {},
  nodeFlags: readonly string[] = [],
): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...nodeFlags, 'src/bin.ts', ...args],
      { cwd: ROOT, env: { ...process.env, ...env }, timeout: 20_000 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
    child.stdin?.end()
  })
}

describe('the command line', () => {
  it('refuses an old Node in one sentence, before anything else is loaded', async () => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })`
    const old = await run(['--version'], {}, [
      '--import',
      `data:text/javascript,${encodeURIComponent(pretend)}`,
    ])
    expect(old).toEqual({
      code: 1,
      stdout: '',
      stderr: 'exhook-kafka needs Node.js 24 or newer; this is 20.20.2.\n',
    })
  })

  it('gives help and version', async () => {
    const help = await run(['--help'])
    expect(help.code).toBe(0)
    expect(help.stdout).toContain('exhook-kafka serve --config config.yaml --rules rules.yaml')
    expect(help.stdout).toContain('EXHOOK_QUEUE_MAX_RECORDS')
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
  })

  it.each([[[]], [['sreve']]])('answers %j with the commands and exit code 2', async (args) => {
    const wrong = await run(args)
    expect(wrong.code).toBe(2)
    expect(wrong.stderr).toContain('exhook-kafka serve')
  })

  it.each([[['check']], [['check', '--all']]])('answers %j with exit code 2', async (args) => {
    expect(await run(args)).toMatchObject({ code: 2, stdout: '' })
  })

  it('checks rule files', async () => {
    expect(await run(['check', 'examples/smart-lock.yaml'])).toMatchObject({ code: 0, stderr: '' })
    const bad = temporaryFile('bad.yaml', 'rules:\n  - hook: message.publsh\n    topik: x\n')
    const result = await run(['check', bad])
    expect(result.code).toBe(1)
    expect(result.stdout).toContain(`${bad}:2:11: `)
    expect(result.stdout).toContain('did you mean `message.publish`?')
    expect(result.stdout).toContain(`${bad}:3:5: `)
  })
})

describe('check and try', () => {
  const warns = temporaryFile('warns.yaml', 'rules:\n  - hook: message.publish\n    topic: t\n')

  it('take their flags', async () => {
    expect(await run(['check', warns])).toMatchObject({ code: 0, stderr: '' })
    expect(await run(['check', warns, '--strict', '--no-tests'])).toMatchObject({ code: 1, stderr: '' })
    expect((await run(['check', '--help'])).stdout).toContain('--no-tests')
    expect((await run(['try', '--help'])).stdout).toContain('payload_base64')
    expect(await run(['try', warns])).toMatchObject({ code: 2, stdout: '' })
  })

  it('shows the records of an event', async () => {
    const event = temporaryFile('event.json', '{"event":"message.publish","topic":"a/b","payload":{"a":1}}')
    const tried = await run(['try', warns, event, '--json'])
    expect(tried).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(tried.stdout).records).toMatchObject([{ topic: 't', key: 'client-1' }])
    // Nothing comes from the standard input.
    expect(await run(['try', warns, '-'])).toMatchObject({ code: 1, stdout: '' })
  })
})

describe('serve', () => {
  const rules = temporaryFile('rules.yaml', 'rules:\n  - hook: client.connected\n    topic: here\n')

  it('reports every mistake of file, environment and flags at once and starts nothing', async () => {
    const config = temporaryFile('config.yaml', 'grpc:\n  prot: 9000\nkafka:\n  linger_ms: soon\n')
    const result = await run(['serve', `--config=${config}`, `--rules=${rules}`, '--queue-max-record=5'], {
      EXHOOK_GRPC_HOST: '0.0.0.0',
    })
    expect(result.code).toBe(2)
    expect(result.stdout).toBe('')
    expect(result.stderr).toContain(`${config}:2:3: `)
    expect(result.stderr).toContain('did you mean `port`?')
    expect(result.stderr).toContain(`${config}:4:14: `)
    expect(result.stderr).toContain('--queue-max-record')
    expect(result.stderr).toContain('grpc.tls')
  })

  it('reports the mistakes of the rules beside those of the configuration', async () => {
    const config = temporaryFile('config.yaml', 'grpc:\n  prot: 9000\n')
    const bad = temporaryFile('bad.yaml', 'rules:\n  - hook: client.connected\n    topik: t\n')
    const result = await run(['serve', `--config=${config}`, `--rules=${bad}`])
    expect(result.code).toBe(1)
    expect(result.stderr).toContain(`${config}:2:3: `)
    expect(result.stderr).toContain(`${bad}:3:5: `)
    expect(result.stderr.trim().split('\n')).toHaveLength(2)
  })

  it('refuses a rule that writes to the dead letters', async () => {
    const own = temporaryFile('own.yaml', 'rules:\n  - {hook: client.connected, topic: lost}\n')
    const result = await run(['serve', `--rules=${own}`, '--dead-letters-topic=lost'])
    expect(result).toMatchObject({ code: 1 })
    expect(result.stderr).toContain('which is dead_letters.topic')
  })

  it('prints the configuration without its secrets', async () => {
    const secret = 'correct-horse-battery'
    const result = await run(
      ['serve', '--print-config', '--kafka-sasl-mechanism=plain', '--kafka-sasl-username=me'],
      {
        EXHOOK_KAFKA_SASL_PASSWORD: secret,
      },
    )
    expect(result.code).toBe(0)
    expect(result.stdout).toContain('port: 9000')
    expect(result.stdout).toContain('[redacted]')
    expect(result.stdout + result.stderr).not.toContain(secret)
  })

  it('says which port is taken and exits 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const address = taken.address()
    const port = typeof address === 'object' ? address?.port : 0
    const result = await run(['serve', `--rules=${rules}`, `--grpc-port=${port}`, '--http-port=0'])
    taken.close()
    expect(result.code).toBe(1)
    expect(result.stdout).toContain('the start failed')
    expect(result.stdout).toContain(String(port))
  })

  it('refuses more Kafka topics than kafka.max_topics allows', async () => {
    const many = temporaryFile(
      'many.yaml',
      `rules:\n${[1, 2, 3].map((n) => `  - hook: client.connected\n    topic: t${n}\n`).join('')}`,
    )
    const result = await run(['serve', `--rules=${many}`, '--kafka-max-topics=2'])
    expect(result.code).toBe(1)
    expect(result.stderr).toContain('name 3 Kafka topics and kafka.max_topics allows 2')
  })

  it('warns that it speaks plain text to others', async () => {
    const provider = await startProvider([
      `--rules=${rules}`,
      '--grpc-host=0.0.0.0',
      '--grpc-tls=off',
      '--kafka-brokers=127.0.0.1:1',
    ])
    expect(provider.lines.some((line) => line.level === 40 && /plain text/.test(line.msg))).toBe(true)
    expect(await provider.stop()).toBe(0)
  })
})
