import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import type { ISocketFactory } from 'kafkajs'

/**
 * The sockets of a kafkajs client. kafkajs 2.2.4 gives a request up when its time is over and keeps the connection: if
 * the broker has gone without a word, all that is sent on it vanishes until the kernel gives up, a quarter of an hour
 * later. So the connection goes with the request, as it does in Kafka's own Java client.
 */
export interface KafkaJsSockets {
  /** For kafkajs's configuration. */
  readonly factory: ISocketFactory
  /** Cuts every connection to a broker, `host:port`; the next request makes a new one. */
  drop(broker: string): void
}

export function createKafkaJsSockets(): KafkaJsSockets {
  const createFactory = createRequire(import.meta.url)(
    'kafkajs/src/network/socketFactory',
  ) as () => ISocketFactory
  const connect = createFactory()
  const open = new Map<Socket, string>()
  return {
    factory(args) {
      const socket = connect(args)
      open.set(socket, `${args.host}:${args.port}`)
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
