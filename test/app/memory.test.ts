import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { createPki, type Pki } from '../exhook/tls-served.ts'
import { connectPublishers, type PublishAnswer, type Publishers } from '../support/large-publishes.ts'
import { ledgerOf, metric, type ProviderProcess, startProvider } from '../support/provider.ts'
import { temporaryFile } from '../support/temporary-file.ts'

const RULES = temporaryFile(
  'rules.yaml',
  `rules:
  - hook: message.publish
    filter: fleet/#
    topic: fleet
  - hook: message.publish
    filter: small/#
    topic: small
`,
)
const MIB = 1024 * 1024
const EMQX_TIMEOUT_MS = 5000
/** The test sends more than this machine can: its own clock is late. */
const LATE_MS = 1000
const OK = 0
const DEADLINE_EXCEEDED = 4
const RESOURCE_EXHAUSTED = 8

let provider: ProviderProcess | undefined
let publishers: Publishers | undefined
afterEach(async () => {
  publishers?.close()
  provider?.signal('SIGKILL')
  await provider?.ended
  provider = publishers = undefined
})

/** In bytes, as Linux tells them: the most that there was, and what there is. */
function memoryOf(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024
  return { most: of('VmHWM'), now: of('VmRSS') }
}

interface Wave {
  readonly large: readonly PublishAnswer[]
  readonly small: readonly PublishAnswer[]
}

/** So many devices publish at once; others publish 100 bytes on the same connections meanwhile, one after the other. */
async function wave(on: Publishers, devices: number, payload: Buffer): Promise<Wave> {
  let over = false
  const small: PublishAnswer[] = []
  const others = Array.from({ length: 16 }, async (_, i) => {
    while (!over) {
      small.push(await on.publish(`small-${i}`, `small/${i}`, payload.subarray(0, 100)))
      await sleep(20)
    }
  })
  const large = await Promise.all(
    Array.from({ length: devices }, (_, i) => on.publish(`device-${i}`, `fleet/${i}`, payload)),
  )
  over = true
  await Promise.all(others)
  return { large, small }
}

const tlsFlags = ({ own }: Pki): readonly string[] => [
  ...['--grpc-tls=on', `--grpc-tls-cert-file=${own.certFile}`, `--grpc-tls-key-file=${own.keyFile}`],
]

const count = (answers: readonly PublishAnswer[], status: number): number =>
  answers.filter((answer) => answer.status === status).length

const msAt = (answers: readonly PublishAnswer[], share: number): number =>
  answers.map(({ ms }) => ms).toSorted((a, b) => a - b)[Math.floor(answers.length * share)] ?? Number.NaN

describe.runIf(process.platform === 'linux')('memory, without Kafka', () => {
  it.each([
    ['1,000 devices publish 10 MB at once, and again', null, [1000, 200]],
    ['200 do over TLS', 'TLS', [200]],
  ] as const)('stays under the bound of README when %s', async (_, tls, waves) => {
    const pki = tls === null ? null : await createPki()
    onTestFinished(() => pki?.remove())
    provider = await startProvider([
      ...[`--rules=${RULES}`, '--kafka-brokers=127.0.0.1:1'],
      ...(pki === null ? [] : tlsFlags(pki)),
    ])
    const bound = await metric(provider, 'exhook_memory_bound_bytes')
    publishers = await connectPublishers({
      port: provider.grpcPort,
      connections: 8,
      deadlineMs: EMQX_TIMEOUT_MS,
      ...(pki !== null && { ca: pki.authority.ca }),
    })
    const payload = Buffer.alloc(10_000_000, 'p')
    for (const devices of waves) {
      const { large, small } = await wave(publishers, devices, payload)
      const memory = memoryOf(provider.pid)
      console.log(
        `${devices} × 10 MB${tls === null ? '' : ' over TLS'}: ${count(large, OK)} taken, ${count(large, RESOURCE_EXHAUSTED)} refused, ` +
          `${count(large, DEADLINE_EXCEEDED)} late; ${small.length} small ones, p50 ${msAt(small, 0.5).toFixed(0)} ms, ` +
          `p99 ${msAt(small, 0.99).toFixed(0)} ms; VmHWM ${Math.round(memory.most / MIB)} MiB, ` +
          `VmRSS ${Math.round(memory.now / MIB)} MiB, bound ${bound / MIB} MiB`,
      )
      expect(memory.most).toBeLessThan(bound)
      // Each is told in time; what was too late to come in whole is told so shortly before.
      const told = [OK, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED].map((status) => count(large, status))
      expect(told.reduce((sum, n) => sum + n)).toBe(devices)
      // Over TLS both ends cost more: on a busy machine none may come in whole in time.
      if (tls === null) expect(told[0]).toBeGreaterThan(0)
      expect(msAt(large, 1 - 1 / devices)).toBeLessThan(EMQX_TIMEOUT_MS + LATE_MS)
      expect(small.length).toBeGreaterThan(16)
      expect(count(small, OK)).toBe(small.length)
      expect(msAt(small, 0.5)).toBeLessThan(LATE_MS)
    }
    expect(publishers.cuts).toBe(0)
    expect(await ledgerOf(provider)).toMatchObject({ balanced: true })
    expect(await metric(provider, 'exhook_request_waiters')).toBe(0)
    expect(await metric(provider, 'exhook_request_bytes')).toBe(0)
  })

  it('is given back at once when the connections are cut', async () => {
    provider = await startProvider([`--rules=${RULES}`, '--kafka-brokers=127.0.0.1:1'])
    const config = { port: provider.grpcPort, connections: 4, deadlineMs: 60_000 }
    publishers = await connectPublishers(config)
    const payload = Buffer.alloc(10_000_000, 'p')
    for (let i = 0; i < 200; i++) void publishers.publish(`device-${i}`, `fleet/${i}`, payload)
    while ((await metric(provider, 'exhook_request_waiters')) < 100) await sleep(20)
    publishers.close()
    const from = performance.now()
    while ((await metric(provider, 'exhook_request_waiters')) > 0) await sleep(20)
    while ((await metric(provider, 'exhook_request_bytes')) > 0) await sleep(20)
    expect(performance.now() - from).toBeLessThan(5000)
    expect(await ledgerOf(provider)).toMatchObject({ balanced: true })
  })
})
