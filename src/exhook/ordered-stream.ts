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
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, done),
    // One record for a header frame and the data that follow it, as node:http2 would have it.
    writev: (chunks, done) => void socket.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (chunk: Buffer) => {
    if (!stream.push(chunk)) socket.pause()
  })
  // No HTTP/2 client closes one direction alone: it has gone. What it sent last is handled first.
  socket.once('end', () => {
    stream.push(null)
    setImmediate(() => socket.destroy())
  })
  socket.once('error', (error) => stream.destroy(error))
  socket.once('close', () => stream.destroy())
  return stream
}
