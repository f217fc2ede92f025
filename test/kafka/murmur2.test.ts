import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partitionForKey } from '../../src/kafka/murmur2.ts'
import { kafkaClasspath } from '../support/kafka/jars.ts'

/** The partitions Kafka's own Java client chooses. */
async function javaPartitions(cases: readonly (readonly [Uint8Array, number])[]): Promise<number[]> {
  const classpath = await kafkaClasspath({ onProgress: () => {} })
  const input = cases.map(([key, n]) => `${Buffer.from(key).toString('hex')} ${n}\n`).join('')
  const source = join(import.meta.dirname, 'JavaPartitioner.java')
  const out = execFileSync('java', ['-cp', classpath, source], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  return out.trim().split('\n').map(Number)
}

describe('partitionForKey', () => {
  it("agrees with Java's own partitioner on device ids, odd lengths, and any bytes", async () => {
    const bytes = fc.sample(
      fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 1000 })),
      2000,
    )
    const devices = Array.from(
      { length: 500 },
      (_, i) => [Buffer.from(`1008361879683${3171 + i}`), 6] as const,
    )
    const lengths = Array.from({ length: 20 }, (_, i) => [Buffer.alloc(i, 0xff), 7] as const)
    const cases = [...bytes, ...devices, ...lengths]
    expect(cases.map(([key, n]) => partitionForKey(key, n))).toEqual(await javaPartitions(cases))
  }, 60_000)
})
