import { createServer } from 'node:net'

// Below the kernel's usual range of ephemeral ports (from 32768): a client that keeps dialling a dead loopback port
// inside that range sooner or later gets it as its own source port, and is connected to itself.
const LOWEST = 15_000
const HIGHEST = 32_000

/** A TCP port of 127.0.0.1 that nobody listens on now and that no outgoing connection takes by chance. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST))
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
