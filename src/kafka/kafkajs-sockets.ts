import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import { looksLikeTls, tlsNeeded } from './error-security.ts'
import type { TlsSource } from './tls-source.ts'

/**
 * The sockets of a kafkajs client, instead of kafkajs's own for three reasons. kafkajs 2.2.4 is given certificates once and for all,
 * here each connection begins with those of the moment. It waits in vain for the rest of an answer when a broker speaks TLS and we do
 * not. And it gives a request up when its time is over and keeps the connection: if the broker has gone without a word, all that is
 * sent on it vanishes until the kernel gives up, a quarter of an hour later. So the connection goes with the request, as it does in
 * Kafka's own Java client.
 */
export interface KafkaJsSockets {
  /** For kafkajs's configuration. */
  readonly factory: ISocketFactory
  /** Cuts every connection to a broker, `host:port`; the next request makes a new one. */
  drop(broker: string): void
}

/** As kafkajs has it. */
const KEEP_ALIVE_MS = 60_000

export function createKafkaJsSockets(tls: TlsSource | null): KafkaJsSockets {
  const open = new Map<Socket, string>()

  function connect(host: string, port: number, onConnect: () => void): Socket {
    if (tls === null) {
      const socket = connectPlain({ host, port }, onConnect)
      socket.once('data', (chunk: Buffer) => {
        if (looksLikeTls(chunk)) socket.destroy(tlsNeeded())
      })
      return socket
    }
    // A name only: an address is no name to ask for (RFC 6066), and is compared with the certificate all the same.
    const servername = tls.serverName ?? (isIP(host) === 0 ? host : undefined)
    const secureContext = tls.context()
    return connectTls(
      { host, port, secureContext, ...(servername !== undefined && { servername }) },
      onConnect,
    )
  }

  return {
    factory({ host, port, onConnect }) {
      const socket = connect(host, port, onConnect)
      socket.setKeepAlive(true, KEEP_ALIVE_MS)
      open.set(socket, `${host}:${port}`)
      socket.once('close', () => open.delete(socket))
      return socket
    },
    drop(broker) {
      for (const [socket, to] of open) {
        if (to === broker) socket.destroy(new Error('a request had no answer in time'))
      }
    },
  }
}
