import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What came back over a connection until it was closed. */
export interface RawAnswer {
  readonly text: string
  /** Of the first answer; 0: there was none. */
  readonly status: number
  readonly head: string
  readonly body: string
  /** How many answers there were. */
  readonly answers: number
  readonly ms: number
}

/** Sends these bytes as they are and waits until the other side closes; a connection that is reset counts as closed. */
export function sendRaw(
  port: number,
  parts: string | Buffer | readonly (string | Buffer)[],
  { pauseMs = 0, host = '127.0.0.1' } = {},
): Promise<RawAnswer> {
  const start = performance.now()
  return new Promise((resolve) => {
    const socket = connect(port, host)
    const chunks: Buffer[] = []
    let closed = false
    socket.on('data', (chunk) => void chunks.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      closed = true
      resolve(answerOf(Buffer.concat(chunks).toString('latin1'), performance.now() - start))
    })
    socket.on('connect', async () => {
      for (const part of Array.isArray(parts) ? parts : [parts]) {
        if (closed) return
        socket.write(part)
        if (pauseMs > 0) await sleep(pauseMs)
      }
    })
  })
}

function answerOf(text: string, ms: number): RawAnswer {
  const final = text.replace(/^(HTTP\/1\.1 100 [^\r]*\r\n\r\n)+/, '')
  const [head = '', ...rest] = final.split('\r\n\r\n')
  return {
    text,
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
    head: head.toLowerCase(),
    body: rest.join('\r\n\r\n'),
    answers: text.match(/HTTP\/1\.1 [2-5]\d\d/g)?.length ?? 0,
    ms,
  }
}

/** Connections that say nothing, or what `first` is. Gives them when all are there. */
export async function holdOpen(port: number, count: number, first = ''): Promise<readonly Socket[]> {
  const sockets = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(port, '127.0.0.1', () => {
            socket.off('error', reject)
            socket.on('error', () => undefined)
            if (first !== '') socket.write(first)
            resolve(socket)
          })
          socket.once('error', reject)
        }),
    ),
  )
  return sockets
}
