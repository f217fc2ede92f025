import { expect, it } from 'vitest'
import { readWithJava } from '../../support/kafka/console-consumer.ts'
import { numbered, record } from '../../support/records.ts'
import type { Stage } from './stage.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
/** The last is beyond the blocks of any codec (64 KiB), and does not compress. */
const SIZES = [0, 1, 300, 5000, 200_000]

/** Whether others can read what was compressed. */
export function describeCompression(stage: Stage): void {
  it("compresses what Java's own console consumer can read", async () => {
    const expected: string[] = []
    for (const compression of CODECS) {
      const { driver } = stage.driver({ compression })
      const topic = `packed-${compression}`
      await stage.kafka.createTopic(topic, 1)
      const records = [
        ...SIZES.map((size) => record(topic, 'k', `${compression} ${noise(size)}`)),
        ...numbered(topic, 500, 7).map(({ value }) =>
          record(topic, 'k', `${compression} ${value} ${'x'.repeat(200)}`),
        ),
      ]
      expect((await driver.send(driver.freeze(topic, records))).left).toEqual([])
      expected.push(...records.map(({ value }) => value.toString()))
    }
    const found = await readWithJava(stage.kafka, 'packed-.*', expected.length)
    for (const codec of CODECS) {
      const of = (lines: readonly string[]) => lines.filter((line) => line.startsWith(`${codec} `))
      expect(of(found)).toEqual(of(expected))
    }
  }, 60_000)
}

/** Text of so many characters that hardly repeats itself. */
function noise(size: number): string {
  let state = 1
  let text = ''
  while (text.length < size) {
    state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647
    text += state.toString(36)
  }
  return text.slice(0, size)
}
