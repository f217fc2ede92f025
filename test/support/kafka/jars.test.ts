import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { kafkaClasspath } from './jars.ts'
import { javaCommand, javaRelease, requireJava } from './java.ts'

afterEach(() => vi.unstubAllEnvs())

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['openjdk version "21" 2023-09-19', 21],
  ['java version "1.8.0_392"', 8],
  ['command not found', undefined],
])('%s is release %s', (output, release) => {
  expect(javaRelease(output)).toBe(release)
})

test('JAVA_HOME decides which Java', () => {
  vi.stubEnv('JAVA_HOME', '/opt/java')
  expect(javaCommand()).toBe('/opt/java/bin/java')
  vi.stubEnv('JAVA_HOME', '')
  expect(javaCommand()).toBe('java')
})

test('says what is missing', async () => {
  await expect(requireJava('/nonexistent/java')).rejects.toThrow(/^no Java: .* Kafka needs Java 17 or newer$/)
  const cache = await mkdtemp(join(tmpdir(), 'exhook-kafka-test-'))
  vi.stubEnv('EXHOOK_TEST_CACHE', cache)
  vi.stubEnv('PATH', '/nonexistent')
  await expect(kafkaClasspath()).rejects.toThrow(/^no Maven: /)
  expect(await readdir(cache)).toEqual([])
  await rm(cache, { recursive: true })
})
