const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/**
 * The hash with which Java's Kafka client chooses partitions: 32-bit MurmurHash2 with its seed, as a signed integer.
 * Source: `org.apache.kafka.common.utils.Utils.murmur2`.
 */
export function murmur2(data: Uint8Array): number {
  const length = data.length
  const words = length >> 2
  let h = SEED ^ length

  for (let i = 0; i < words; i++) {
    const at = i * 4
    let k =
      (data[at] as number) |
      ((data[at + 1] as number) << 8) |
      ((data[at + 2] as number) << 16) |
      ((data[at + 3] as number) << 24)
    k = Math.imul(k, M)
    k ^= k >>> R
    h = Math.imul(h, M) ^ Math.imul(k, M)
  }

  const tail = words * 4
  const rest = length - tail
  if (rest >= 3) h ^= (data[tail + 2] as number) << 16
  if (rest >= 2) h ^= (data[tail + 1] as number) << 8
  if (rest >= 1) h = Math.imul(h ^ (data[tail] as number), M)

  h = Math.imul(h ^ (h >>> 13), M)
  return h ^ (h >>> 15)
}

/**
 * The partition of a key: equal to Java's `BuiltInPartitioner.partitionForKey`, so that every Kafka client that
 * keeps to Java's default puts the same device on the same partition.
 */
export const partitionForKey = (key: Uint8Array, partitions: number): number =>
  (murmur2(key) & 0x7fffffff) % partitions
