import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * A frame is what is written and found again as a whole:
 *
 *     marker u16 | length u32 | crc u32 | type u8 | body        (little-endian; length counts type and body)
 *
 * The marker, and the beginning of the checksum, are the log's own random number. So what devices send cannot look
 * like a frame when a damaged file is searched for the next one, and the search has few places to try.
 */
export const FRAME_HEADER_BYTES = 11

/** Where the type stands: the checksum runs from here to the end of the frame. */
const TYPE_AT = 10

/** The records of one event, or what is left of them. */
export const RECORDS = 1
/** Numbers of records that are done. */
export const DONE = 2
/** Where this frame stands, f64, and the place before which all was synced when it was written, f64. */
export const SYNCED = 3
const SYNCED_BODY_BYTES = 16
export const SYNCED_BYTES = FRAME_HEADER_BYTES + SYNCED_BODY_BYTES

/** A log's number. Neither byte of the marker is zero: holes in files are zeros. */
export function newLogId(): number {
  return (randomBytes(4).readUInt32LE() | 0x0101) >>> 0
}

/** Both bytes of the marker, to search for. */
export function markerOf(logId: number): Buffer {
  const marker = Buffer.alloc(2)
  marker.writeUInt16LE(logId & 0xffff)
  return marker
}

/** Completes the frame whose body stands in `buffer` from `start + FRAME_HEADER_BYTES` to `end`. */
export function sealFrame(buffer: Buffer, start: number, end: number, type: number, logId: number): void {
  const length = end - start - TYPE_AT
  buffer[start + TYPE_AT] = type
  buffer.writeUInt16LE(logId & 0xffff, start)
  buffer.writeUInt32LE(length, start + 2)
  buffer.writeUInt32LE(checksum(buffer, start, end, logId), start + 6)
}

/** Writes a SYNCED frame; returns its end. */
export function putSynced(
  buffer: Buffer,
  start: number,
  offset: number,
  synced: number,
  logId: number,
): number {
  const body = start + FRAME_HEADER_BYTES
  const end = buffer.writeDoubleLE(synced, buffer.writeDoubleLE(offset, body))
  sealFrame(buffer, start, end, SYNCED, logId)
  return end
}

/** What a SYNCED frame says; 0 when it was written for another place, and its file is not the one that it speaks of. */
export const syncedBefore = (buffer: Buffer, bodyStart: number, offset: number): number =>
  buffer.readDoubleLE(bodyStart) === offset ? buffer.readDoubleLE(bodyStart + 8) : 0

/** How long the frame that begins here says it is; 0 when none begins here. Needs FRAME_HEADER_BYTES there. */
export function frameBytes(buffer: Buffer, start: number, logId: number): number {
  if (buffer.readUInt16LE(start) !== (logId & 0xffff)) return 0
  const length = buffer.readUInt32LE(start + 2)
  return length === 0 ? 0 : length + TYPE_AT
}

/** Whether the frame from `start` to `end` is as it was written. */
export function isSound(buffer: Buffer, start: number, end: number, logId: number): boolean {
  return buffer.readUInt32LE(start + 6) === checksum(buffer, start, end, logId)
}

export const frameType = (buffer: Buffer, start: number): number => buffer[start + TYPE_AT] as number

/** The length is in the checksum too, as its first value. */
function checksum(buffer: Buffer, start: number, end: number, logId: number): number {
  return crc32(buffer.subarray(start + TYPE_AT, end), (logId ^ (end - start)) >>> 0)
}
