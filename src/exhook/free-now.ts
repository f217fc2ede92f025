const LARGE_BYTES = 64 * 1024

/**
 * Gives a large buffer's memory back here and now: the garbage collector comes for it too late when many follow each
 * other. The buffer, and every view of it, reads as empty from then on. Small buffers, and those that share their memory,
 * are left alone.
 */
export function freeNow(buffer: Buffer): void {
  const memory = buffer.buffer as ArrayBuffer
  if (memory.byteLength >= LARGE_BYTES && memory.byteLength === buffer.length) memory.transfer(0)
}
