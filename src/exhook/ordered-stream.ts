import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'

/**
 * A TLS connection as a stream that node:http2 cannot reach through, so that others may write between its frames: what is
 * written goes out in the order of writing, and each write of node:http2 holds whole frames.
 *
 * With a TLSSocket itself, node:http2 writes to the C++ object below it, which takes one write at a time and ends the process at a second
 * one; nobody outside can know whether one is under way. Source: `TLSWrap::DoWrite` of Node.js, `CHECK(!current_write_)`.
 *
 * The end of the stream ends the connection, the end of either destroys the other. Nobody else is to use `socket`.
 */
export function createOrderedStream(socket: TLSSocket): Duplex {
  let held: Buffer[] = []
  let isFlushing = false

  /**
   * A write counts as done at once, so that node:http2 gives what else it has in the same turn of the event loop: a reply comes
   * in two writes, which so become one record of TLS and one of TCP. `queueMicrotask`: its next write is a `setImmediate` away.
   */
  function flushSoon(): void {
    if (isFlushing) return
    isFlushing = true
    queueMicrotask(() => setImmediate(flush))
  }

  function flush(): void {
    isFlushing = false
    if (held.length === 0 || !socket.writable) return
    const [first] = held
    socket.write(held.length === 1 && first !== undefined ? first : Buffer.concat(held))
    held = []
  }

  function take(chunks: readonly Buffer[], done: () => void): void {
    held.push(...chunks)
    flushSoon()
    if (socket.writableNeedDrain) socket.once('drain', done)
    else done()
  }

  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => take([chunk], done),
    writev: (chunks, done) =>
      take(
        chunks.map(({ chunk }) => chunk as Buffer),
        done,
      ),
    final(done) {
      flush()
      socket.end(done)
    },
    destroy(error, done) {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) socket.pause()
  })
  // No HTTP/2 client closes one direction alone: it has gone. What it sent last is handled first, and then node:http2 ends the stream.
  socket.once('end', () => stream.push(null))
  // However it ends, it has ended: with an error node:http2 would drop requests that have come whole.
  socket.on('error', () => {})
  socket.once('close', () => stream.destroy())
  return stream
}
