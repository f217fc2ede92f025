import { createRequire } from 'node:module'
import { encodeRecord } from './record-encoder.ts'

/** Puts `encodeRecord` in the place of kafkajs's own, once a process; in time when nothing was produced yet. */
export function installRecordEncoder(): void {
  const require = createRequire(import.meta.url)
  const path = require.resolve('kafkajs/src/protocol/recordBatch/record/v0')
  require(path)
  const loaded = require.cache[path]
  if (loaded !== undefined) loaded.exports = encodeRecord
}
