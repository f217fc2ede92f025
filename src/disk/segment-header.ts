import { crc32 } from 'node:zlib'
import { DiskError } from './disk-log.ts'

/**
 * What each file begins with:
 *
 *     magic 8 bytes | version u16 | flags u16 | log id u32 | first seq f64 | covers seq f64 | records f64 | crc u32
 *
 * Twice: without its log id, nothing of a file can be read.
 */
export interface SegmentHeader {
  /** See frame.ts. */
  readonly logId: number
  /** No record in the file has a lower number. */
  readonly firstSeq: number
  /** Rewritten by compaction, so that numbers are missing. What follows is told only of such a file. */
  readonly compacted: boolean
  /** It took the place of all files that held numbers up to this one; those still there are left-overs. */
  readonly coversSeq: number
  readonly records: number
}

const COPY_BYTES = 44
export const SEGMENT_HEADER_BYTES = 2 * COPY_BYTES

const MAGIC = Buffer.from('EXHOOKQ\n', 'latin1')
const VERSION = 1
const COMPACTED = 1
const CRC_AT = 40

export function encodeHeader(header: SegmentHeader): Buffer {
  const to = Buffer.alloc(COPY_BYTES)
  MAGIC.copy(to)
  to.writeUInt16LE(VERSION, 8)
  to.writeUInt16LE(header.compacted ? COMPACTED : 0, 10)
  to.writeUInt32LE(header.logId, 12)
  to.writeDoubleLE(header.firstSeq, 16)
  to.writeDoubleLE(header.coversSeq, 24)
  to.writeDoubleLE(header.records, 32)
  to.writeUInt32LE(crc32(to.subarray(0, CRC_AT)), CRC_AT)
  return Buffer.concat([to, to])
}

/**
 * `damaged`: a header of this version that is not as it was written. `unborn`: only the beginning of one, or zeros:
 * the process died when the file was made. A DiskError when the file is none of ours, or of another version.
 */
export function decodeHeader(from: Buffer, path: string): SegmentHeader | 'damaged' | 'unborn' {
  const second = from.length < SEGMENT_HEADER_BYTES ? 'unborn' : wholeCopy(from.subarray(COPY_BYTES))
  return typeof second === 'string' ? decodeCopy(from.subarray(0, COPY_BYTES), path) : second
}

/** The copy, if it is as it was written. */
function wholeCopy(from: Buffer): SegmentHeader | 'damaged' | 'unborn' {
  try {
    return decodeCopy(from, '')
  } catch {
    return 'damaged'
  }
}

function decodeCopy(from: Buffer, path: string): SegmentHeader | 'damaged' | 'unborn' {
  if (from.every((byte) => byte === 0)) return 'unborn'
  if (!from.subarray(0, 8).equals(MAGIC.subarray(0, from.length))) {
    throw new DiskError(
      `${path} is no file of this queue, or its beginning is destroyed: move it out of the directory (what is in it is then not delivered), or give the queue a directory of its own`,
    )
  }
  if (from.length < 10) return 'unborn'
  const version = from.readUInt16LE(8)
  if (version !== VERSION) {
    throw new DiskError(
      `${path} is of version ${version} of the queue's format, and this program knows version ${VERSION}: start the version of exhook-kafka that wrote it and let it deliver what is there, or give this one another directory`,
    )
  }
  if (from.length < COPY_BYTES) return 'unborn'
  if (from.readUInt32LE(CRC_AT) !== crc32(from.subarray(0, CRC_AT))) return 'damaged'
  return {
    compacted: (from.readUInt16LE(10) & COMPACTED) !== 0,
    logId: from.readUInt32LE(12),
    firstSeq: from.readDoubleLE(16),
    coversSeq: from.readDoubleLE(24),
    records: from.readDoubleLE(32),
  }
}
