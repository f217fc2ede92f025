import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadProgram } from '../../../bench/load/run-load.ts'
import { runPhase } from '../../../bench/measure/run-phase.ts'
import type { ServerProcess } from '../../../bench/measure/server-process.ts'
import { startBareGrpcGo, startBareGrpcJs } from '../../../bench/peers/start-peers.ts'
import { type CpuProfile, callTree } from '../../../bench/profile/cpu-profile.ts'

let folder: string
let server: ServerProcess
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'exhook-kafka-test-'))
})
afterEach(async () => {
  await server.stop()
  await rm(folder, { recursive: true })
})

const measure = async (profileTo?: string) =>
  runPhase(
    await loadProgram(),
    { name: 'bare grpc-js', server, topicPrefix: 'matched', kafkaTopic: null },
    { clients: 16, rate: 0, mix: 'publish' },
    { warmUpMs: 100, measureMs: 500, version: 'v2', prefix: 'p1-', ...(profileTo && { profileTo }) },
  )

it('measures and profiles a server of Node from within', async () => {
  server = await startBareGrpcJs()
  const profileTo = join(folder, 'x.cpuprofile')
  const { failure, eventsPerSecond, cpuMicroseconds, latency, memory, runtime, queued } =
    await measure(profileTo)
  expect({ failure, queued }).toEqual({ failure: null, queued: null })
  expect(eventsPerSecond).toBeGreaterThan(20)
  expect(cpuMicroseconds).toBeGreaterThan(5)
  expect(latency.p50).toBeLessThanOrEqual(latency.max)
  expect(memory.peak).toBeGreaterThan(20)
  expect(runtime?.seconds).toBeGreaterThan(0.2)
  const tree = callTree(JSON.parse(await readFile(profileTo, 'utf8')) as CpuProfile)
  expect(tree.totalMicroseconds).toBeGreaterThan(10_000)
  expect(await server.stop()).toBe(0)
})

it('measures any other from without', async () => {
  server = await startBareGrpcGo()
  const { failure, eventsPerSecond, runtime } = await measure()
  expect({ failure, runtime }).toEqual({ failure: null, runtime: null })
  expect(eventsPerSecond).toBeGreaterThan(20)
})
