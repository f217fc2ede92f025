import { type ClientHttp2Session, connect } from 'node:http2'
import { publishRequest, SEQUENCE_DIGITS } from './publish-request.ts'

export const PATH = '/emqx.exhook.v2.HookProvider/OnMessagePublish'
const FRAME_HEADER_BYTES = 5

/** Raw HTTP/2, so that the load costs less than the server under it. */
export const openSession = (url: string): Promise<ClientHttp2Session> =>
  new Promise((resolve, reject) => {
    // Whose certificate it is does not matter to a measurement.
    const session = connect(url, { rejectUnauthorized: false })
    session.once('error', reject)
    session.once('connect', () => resolve(session))
  })

/** Makes the gRPC frames of an MQTT client's messages; each carries its number. */
export function createFrames(clientid: string, topic: string): (sequence: number) => Buffer {
  const { body, sequenceAt } = publishRequest(clientid, topic)
  return (sequence) => {
    const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + body.length)
    frame[0] = 0
    frame.writeUInt32BE(body.length, 1)
    body.copy(frame, FRAME_HEADER_BYTES)
    frame.write(String(sequence).padStart(SEQUENCE_DIGITS, '0'), FRAME_HEADER_BYTES + sequenceAt, 'latin1')
    return frame
  }
}

/** Calls OnMessagePublish as EMQX does; whether it was answered OK. */
export function call(session: ClientHttp2Session, frame: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      'grpc-encoding': 'identity',
      'grpc-timeout': '5S',
      'user-agent': 'grpc-erlang/bench',
    })
    let status = ''
    stream.on('trailers', (trailers) => {
      status = String(trailers['grpc-status'])
    })
    stream.on('response', (headers) => {
      if (headers['grpc-status'] !== undefined) status = String(headers['grpc-status'])
    })
    stream.on('error', () => resolve(false))
    stream.on('end', () => resolve(status === '0'))
    stream.resume()
    stream.end(frame)
  })
}
