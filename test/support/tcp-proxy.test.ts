import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTcpProxy, type TcpProxy } from './tcp-proxy.ts'

describe('the TCP proxy', () => {
  let echo: Server
  let proxy: TcpProxy
  const atTarget = new Set<Socket>()
  const clients: Socket[] = []

  beforeEach(async () => {
    echo = createServer((socket) => {
      atTarget.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => atTarget.delete(socket))
      socket.pipe(socket)
    })
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
    proxy = await createTcpProxy({ target: (echo.address() as AddressInfo).port })
  })

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy()
    await proxy.close()
    await new Promise((resolve) => echo.close(resolve))
  })

  /** A client and what it has heard. */
  async function dial() {
    const socket = connect(proxy.port, '127.0.0.1')
    clients.push(socket)
    const heard = { bytes: 0, text: '', error: undefined as string | undefined, closed: false }
    socket.on('data', (chunk) => {
      heard.bytes += chunk.length
      heard.text = (heard.text + chunk).slice(-100)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      heard.error = error.code
    })
    socket.on('close', () => {
      heard.closed = true
    })
    await new Promise((resolve) => socket.once('connect', resolve))
    return { socket, heard }
  }

  test('relays both ways, and an orderly end too', async () => {
    const { socket, heard } = await dial()
    socket.end('hello')
    await expect.poll(() => heard.closed).toBe(true)
    expect(heard.text).toBe('hello')
    expect(heard.error).toBeUndefined()
    await expect.poll(() => proxy.connections).toBe(0)
  })

  test('relays more than any buffer holds', async () => {
    const { socket, heard } = await dial()
    socket.write(Buffer.alloc(8_000_000))
    await expect.poll(() => heard.bytes, { timeout: 5_000 }).toBe(8_000_000)
  })

  test('stalls old and new connections, and loses nothing when healed', async () => {
    const old = await dial()
    proxy.stall()
    const young = await dial()
    old.socket.write('old')
    young.socket.write('young')
    await sleep(150)
    expect([old.heard, young.heard].map(({ text, closed }) => ({ text, closed }))).toEqual([
      { text: '', closed: false },
      { text: '', closed: false },
    ])
    await proxy.heal()
    await expect.poll(() => [old.heard.text, young.heard.text]).toEqual(['old', 'young'])
  })

  test('throttles', async () => {
    proxy.throttle(100_000)
    const { socket, heard } = await dial()
    socket.write(Buffer.alloc(200_000))
    await sleep(500)
    expect(heard.bytes).toBeGreaterThan(0)
    expect(heard.bytes).toBeLessThan(100_000)
    await proxy.heal()
    await expect.poll(() => heard.bytes, { timeout: 2_000 }).toBe(200_000)
  })

  test('cuts with a reset and serves the next', async () => {
    const { heard } = await dial()
    await expect.poll(() => atTarget.size).toBe(1)
    proxy.cut()
    await expect.poll(() => heard.error).toBe('ECONNRESET')
    await expect.poll(() => atTarget.size).toBe(0)
    const next = await dial()
    next.socket.write('again')
    await expect.poll(() => next.heard.text).toBe('again')
  })

  test('refuses until healed', async () => {
    await proxy.refuse()
    const refused = connect(proxy.port, '127.0.0.1')
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => refused.once('error', resolve))
    expect(error.code).toBe('ECONNREFUSED')
    await proxy.heal()
    const { socket, heard } = await dial()
    socket.write('back')
    await expect.poll(() => heard.text).toBe('back')
  })

  test('leaves a client half open: the target is gone and the client is not told', async () => {
    const { socket, heard } = await dial()
    socket.write('before')
    await expect.poll(() => heard.text).toBe('before')
    proxy.halfOpen()
    await expect.poll(() => atTarget.size).toBe(0)
    socket.write('into the void')
    await sleep(150)
    expect(heard).toMatchObject({ text: 'before', closed: false, error: undefined })
    expect(proxy.connections).toBe(1)
    const next = await dial()
    next.socket.write('fine')
    await expect.poll(() => next.heard.text).toBe('fine')
  })

  test('a target that is not there resets the client', async () => {
    const nowhere = await createTcpProxy({ target: 1 })
    const socket = connect(nowhere.port, '127.0.0.1')
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => socket.once('error', resolve))
    expect(error.code).toBe('ECONNRESET')
    await nowhere.close()
    await nowhere.close()
  })
})
