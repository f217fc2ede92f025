import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface TcpProxyConfig {
  /** Where connections go: a port of 127.0.0.1. It need not listen yet. */
  readonly target: number
  /** Default: a free one. */
  readonly port?: number
}

/**
 * A TCP relay on loopback that fails on demand, for all of its connections at once.
 * Kafka tells its clients where it is, so a Kafka behind a proxy has to advertise the proxy's port
 * (`advertised.listeners=PLAINTEXT://127.0.0.1:<proxy.port>`).
 */
export interface TcpProxy {
  readonly port: number
  /** Client connections open now. */
  readonly connections: number
  /** Nothing moves in either direction and nothing is closed; new connections are accepted and hang too. */
  stall(): void
  /** At most so many bytes a second, for each connection and direction. */
  throttle(bytesPerSecond: number): void
  /** Resets every open connection at both ends; new ones are served. */
  cut(): void
  /** As `cut`, and new connections are refused, until `heal`. */
  refuse(): Promise<void>
  /** The target's end of every open connection is gone and the client is not told: what it sends vanishes. */
  halfOpen(): void
  /** Ends `stall`, `throttle` and `refuse`. Half-open connections stay what they are. */
  heal(): Promise<void>
  /** Resets everything and stops listening. Safe twice. */
  close(): Promise<void>
}

interface Link {
  readonly client: Socket
  readonly target: Socket
  halfOpen: boolean
}

/** The slice of a second in which a throttled link may send its share. */
const THROTTLE_SLICE_MS = 20

/** Starts a proxy; returns when it listens. */
export async function createTcpProxy(config: TcpProxyConfig): Promise<TcpProxy> {
  const links = new Set<Link>()
  let bytesPerSecond = Number.POSITIVE_INFINITY
  let stalled: { readonly over: Promise<void>; readonly end: () => void } | undefined

  const server = createServer({ allowHalfOpen: true }, (client) => {
    const link: Link = {
      client,
      target: connect({ host: '127.0.0.1', port: config.target, allowHalfOpen: true }),
      halfOpen: false,
    }
    links.add(link)
    client.once('close', () => links.delete(link))
    for (const socket of [client, link.target]) {
      socket.setNoDelay(true)
      socket.on('error', () => breakLink(link))
    }
    pump(link, client, link.target)
    pump(link, link.target, client)
  })

  function breakLink(link: Link): void {
    link.target.destroy()
    if (!link.halfOpen) link.client.resetAndDestroy()
  }

  async function pump(link: Link, from: Socket, to: Socket): Promise<void> {
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        for (let sent = 0; sent < chunk.length; ) {
          await stalled?.over
          const share = Math.max(1, Math.floor((bytesPerSecond * THROTTLE_SLICE_MS) / 1_000))
          const slice = chunk.subarray(sent, sent + share)
          sent += slice.length
          if (!link.halfOpen && !to.destroyed && !to.write(slice)) await drained(to)
          if (Number.isFinite(bytesPerSecond)) await sleep(THROTTLE_SLICE_MS)
        }
      }
      await stalled?.over
      if (!link.halfOpen) to.end()
    } catch {
      breakLink(link)
    }
  }

  function flow(): void {
    bytesPerSecond = Number.POSITIVE_INFINITY
    stalled?.end()
    stalled = undefined
  }

  function cut(): void {
    for (const link of links) {
      link.halfOpen = false
      breakLink(link)
    }
  }

  function listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject)
        resolve()
      })
    })
  }

  async function refuse(): Promise<void> {
    const closed = server.listening
      ? new Promise<void>((resolve) => server.close(() => resolve()))
      : undefined
    cut()
    await closed
  }

  await listen(config.port ?? 0)
  const { port } = server.address() as AddressInfo

  return {
    port,
    get connections() {
      return links.size
    },
    stall() {
      if (stalled !== undefined) return
      const { promise, resolve } = Promise.withResolvers<void>()
      stalled = { over: promise, end: resolve }
    },
    throttle(limit) {
      bytesPerSecond = limit
    },
    cut,
    refuse,
    halfOpen() {
      for (const link of links) {
        link.halfOpen = true
        link.target.resetAndDestroy()
      }
    },
    async heal() {
      flow()
      if (!server.listening) await listen(port)
    },
    async close() {
      flow()
      await refuse()
    },
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}
