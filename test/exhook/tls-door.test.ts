import { once } from 'node:events'
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { status } from '@grpc/grpc-js'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { methodOf } from '../../src/events/contract.ts'
import { createTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { connectRaw } from './raw-http2.ts'
import { contract, publish, type Served, serve } from './served.ts'
import { createPki, type Pki, serveTls, type TlsServed, visit } from './tls-served.ts'

let pki: Pki
beforeAll(async () => {
  pki = await createPki()
})
afterAll(() => pki.remove())

const ended: Served[] = []
afterEach(() => {
  for (const served of ended.splice(0)) served.end()
})
async function serving(
  ...[config, own = pki.own]: [Parameters<typeof serveTls>[1]?, Pki['own']?]
): Promise<TlsServed> {
  const served = await serveTls({ own }, config)
  ended.push(served)
  return served
}
const lastLine = ({ lines }: Served) => lines.at(-1)
const counted = (served: TlsServed, refused: TlsServed['refused']) =>
  expect.poll(() => served.refused, { timeout: 3000, interval: 5 }).toEqual(refused)

describe('a client that checks the certificate', () => {
  it('comes in when authority and host name are right', async () => {
    const served = await serving()
    const client = served.client({ host: 'localhost', tls: pki.authority })
    expect((await client.call('OnMessagePublish', publish('devices/1/state'))).status).toBe(status.OK)
    expect(await visit(served.port, { ca: pki.authority.ca })).toMatchObject({
      alpn: 'h2',
      protocol: 'TLSv1.3',
      serial: pki.own.serial,
    })
    expect(served.refused).toEqual({})
    expect(served.handshakes()).toBe(2)
  })

  it('comes in by a chain over an intermediate authority', async () => {
    const between = await pki.authority.intermediate('between')
    const served = await serving({}, await between.issue('chained', { dns: ['localhost'] }))
    expect((await visit(served.port, { ca: pki.authority.ca })).error).toBeUndefined()
  })

  it('does not come in under another name', async () => {
    const served = await serving({}, await pki.authority.issue('elsewhere', { dns: ['hooks.example'] }))
    const client = served.client({ host: 'localhost', tls: pki.authority })
    const answer = await client.call('OnMessagePublish', publish('devices/1/state'), { deadlineMs: 1000 })
    expect(answer.status).not.toBe(status.OK)
    expect((await visit(served.port, { ca: pki.authority.ca })).error).toBe('ERR_TLS_CERT_ALTNAME_INVALID')
    expect(
      (await visit(served.port, { ca: pki.authority.ca, servername: 'hooks.example' })).error,
    ).toBeUndefined()
  })

  it('does not come in when it trusts another authority, or the certificate has expired', async () => {
    const served = await serving()
    expect((await visit(served.port, { ca: pki.other.ca })).error).toMatch(/UNABLE_TO_VERIFY|CERT_SIGNATURE/)
    const old = await serving(
      {},
      await pki.authority.issue('old', { dns: ['localhost'], notAfter: new Date(Date.now() - 1000) }),
    )
    expect((await visit(old.port, { ca: pki.authority.ca })).error).toBe('CERT_HAS_EXPIRED')
  })

  it('that says so is told from others, with the fix', async () => {
    const served = await serving()
    // The first bytes of a TLS 1.2 client, and then its alert: unknown_ca [RFC 5246, 7.2.2].
    const hello = await firstBytesOfClient()
    const socket = connectTcp(served.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(hello)
    await once(socket, 'data')
    socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, 48]))
    await counted(served, { our_certificate_refused: 1 })
    expect(lastLine(served)?.msg).toContain('ssl.cacertfile there must name the authority')
    expect(lastLine(served)).toMatchObject({ peer: '127.0.0.1', detail: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' })
  })
})

describe('with grpc.tls_client_ca_file', () => {
  const mutual = (more: object = {}) => serving({ clientCaFile: pki.authority.caFile, ...more })

  it('a client with a certificate of it comes in', async () => {
    const served = await mutual()
    const { cert, key } = await pki.authority.issue('emqx', { usage: 'client' })
    const client = served.client({ host: 'localhost', tls: { ca: pki.authority.ca, cert, key } })
    expect((await client.call('OnMessagePublish', publish('devices/1/state'))).status).toBe(status.OK)
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      expect(
        (await visit(served.port, { ca: pki.authority.ca, cert, key, maxVersion })).error,
      ).toBeUndefined()
    }
    expect(served.refused).toEqual({})
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('no other does, in %s', async (maxVersion) => {
    const served = await mutual()
    const hour = 3_600_000
    const at = (ms: number) => new Date(Date.now() + ms)
    const shown = {
      no_certificate: null,
      unknown_authority: await pki.other.issue('stranger', { usage: 'client' }),
      certificate_time: await pki.authority.issue('expired', {
        notBefore: at(-2 * hour),
        notAfter: at(-1000),
      }),
      certificate_refused: await pki.authority.issue('a-server', { usage: 'server' }),
    }
    const count: TlsServed['refused'] = {}
    for (const [reason, issued] of Object.entries(shown)) {
      const { error } = await visit(served.port, {
        ca: pki.authority.ca,
        maxVersion,
        ...(issued && { cert: issued.cert, key: issued.key }),
      })
      expect(error).toBeDefined()
      count[reason as keyof typeof shown] = 1
      await counted(served, count)
      expect(lastLine(served)).toMatchObject({ level: 40, reason, peer: '127.0.0.1' })
    }
    const future = await pki.authority.issue('future', { notBefore: at(hour) })
    expect(
      (await visit(served.port, { ca: pki.authority.ca, ...pemOf(future), maxVersion })).error,
    ).toBeDefined()
    await counted(served, { ...count, certificate_time: 2 })
    // gRPC's own client sees no answer either.
    const answer = await served
      .client({ host: 'localhost', tls: { ca: pki.authority.ca } })
      .call('OnMessagePublish', publish('devices/1/state'), { deadlineMs: 500 })
    expect(answer.status).not.toBe(status.OK)
    expect(served.ledger.snapshot().calls).toBe(0)
    expect(served.handshakes()).toBe(0)
  })

  it('a session is never resumed: each connection shows its certificate', async () => {
    const served = await mutual()
    const mine = pemOf(await pki.authority.issue('emqx', { usage: 'client' }))
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { ca: pki.authority.ca, maxVersion, ...mine }
      const socket = connectTls({
        port: served.port,
        host: '127.0.0.1',
        servername: 'localhost',
        ALPNProtocols: ['h2'],
        ...options,
      })
      let session: Buffer | undefined
      socket.on('session', (one: Buffer) => {
        session = one
      })
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0')
      await once(socket, 'data')
      session ??= socket.getSession()
      const again = await visit(served.port, { ...options, ...(session && { session }) })
      expect(again.error).toBeUndefined()
      expect(again.reused).toBe(false)
      socket.destroy()
    }
  })

  it('a handshake is not made anew on a connection', async () => {
    const served = await mutual()
    const { cert, key } = await pki.authority.issue('again', { usage: 'client' })
    const socket = connectTls({
      ...{ port: served.port, host: '127.0.0.1', servername: 'localhost', ALPNProtocols: ['h2'] },
      ...{ ca: pki.authority.ca, maxVersion: 'TLSv1.2', cert, key },
    })
    socket.on('error', () => {})
    await once(socket, 'secureConnect')
    const again = await new Promise((resolve) => {
      socket.renegotiate({}, (error) => resolve(error === null ? 'made' : 'refused'))
      socket.once('close', () => resolve('closed'))
      setTimeout(resolve, 1000, 'not answered')
    })
    expect(again).not.toBe('made')
    socket.destroy()
  })

  describe('and grpc.tls_client_names', () => {
    const names = ['emqx.example', 'spiffe://cluster.local/ns/emqx/sa/emqx']

    it.each([
      ['a DNS name', { dns: ['other.example', 'EMQX.example'] }],
      ['a URI', { uri: ['spiffe://cluster.local/ns/emqx/sa/emqx'] }],
    ])('a client comes in by %s', async (_, subject) => {
      const served = await mutual({ clientNames: names })
      const issued = await pki.authority.issue('client', subject)
      expect((await visit(served.port, { ca: pki.authority.ca, ...pemOf(issued) })).error).toBeUndefined()
    })

    it.each([
      ['another name', 'client', { dns: ['emqx.example.org', 'x.emqx.example', '*.example'] }],
      ['its common name alone', 'emqx.example', {}],
      ['its common name, and another name', 'emqx.example', { dns: ['other'] }],
      ['an allowed name within another kind', 'client', { uri: ['urn:x, DNS:emqx.example'] }],
    ])('none does by %s', async (_, name, subject) => {
      const served = await mutual({ clientNames: names })
      const issued = await pki.authority.issue(name, subject)
      expect((await visit(served.port, { ca: pki.authority.ca, ...pemOf(issued) })).error).toBeDefined()
      await counted(served, { name_not_allowed: 1 })
      expect(lastLine(served)?.msg).toContain('grpc.tls_client_names')
    })
  })
})

describe('a client that speaks otherwise', () => {
  it('in plain text on the port of TLS is told what to do, by one line however many come', async () => {
    const served = await serving()
    for (let i = 0; i < 30; i++) {
      const socket = connectTcp(served.port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
      await closed(socket)
    }
    await counted(served, { plain_text: 30 })
    const lines = served.lines.filter(({ reason }) => reason === 'plain_text')
    expect(lines).toHaveLength(1)
    expect(lines[0]?.msg).toContain('its url begins with http:// and must begin with https://')
    const client = served.client()
    expect((await client.call('OnMessageAcked', {}, { deadlineMs: 300 })).status).not.toBe(status.OK)
  })

  it('in TLS on the port of plain text is told what to do', async () => {
    const served = await serve()
    ended.push(served)
    const { error } = await visit(served.port, { ca: pki.authority.ca })
    expect(error).toBeDefined()
    expect(lastLine(served)).toMatchObject({ reason: 'tls_on_plain_port', peer: '127.0.0.1' })
    expect(lastLine(served)?.msg).toContain('its url begins with https:// and must begin with http://')
    expect((await served.client().call('OnMessageAcked', {})).status).toBe(status.OK)
  })

  it.each([
    [
      'TLS 1.1',
      '1.2',
      { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      'tls_version',
    ],
    ['TLS 1.2 where 1.3 is the least', '1.3', { maxVersion: 'TLSv1.2' }, 'tls_version'],
    ['HTTP/1.1', '1.2', { ALPNProtocols: ['http/1.1'] }, 'no_http2'],
    ['nothing that it names', '1.2', { ALPNProtocols: [] }, 'no_http2'],
  ] as const)('as %s is refused', async (_, minVersion, options, reason) => {
    const served = await serving({ minVersion })
    const { error } = await visit(served.port, {
      ca: pki.authority.ca,
      ...options,
      ALPNProtocols: [...('ALPNProtocols' in options ? options.ALPNProtocols : ['h2'])],
    })
    expect(error).toBeDefined()
    await counted(served, { [reason]: 1 })
    expect(lastLine(served)?.reason).toBe(reason)
  })
})

describe('a handshake that does not end', () => {
  it.each([
    ['nothing', 0],
    ['a byte now and then', 1],
  ])('is cut at the timeout when the client sends %s', async (_, bytes) => {
    const served = await serving({ handshakeTimeoutMs: 400 })
    const hello = await firstBytesOfClient()
    const start = performance.now()
    const socket = connectTcp(served.port, '127.0.0.1')
    socket.on('error', () => {})
    let sent = 0
    const timer = setInterval(() => {
      if (bytes > 0) socket.write(hello.subarray(sent, sent + bytes))
      sent += bytes
    }, 50)
    await closed(socket)
    clearInterval(timer)
    expect(performance.now() - start).toBeGreaterThan(350)
    expect(performance.now() - start).toBeLessThan(1500)
    await counted(served, { timeout: 1 })
    expect(lastLine(served)?.msg).toContain('grpc.handshake_timeout_ms')
  })

  it('is over when the client closes, counted and not logged', async () => {
    const served = await serving()
    const socket = connectTcp(served.port, '127.0.0.1', () => socket.end())
    await closed(socket)
    await counted(served, { closed: 1 })
    expect(served.lines).toEqual([])
  })

  it('does not hold up a stop', async () => {
    const served = await serving()
    const client = served.client({ host: 'localhost', tls: pki.authority })
    await client.call('OnMessageAcked', {})
    const socket = connectTcp(served.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    await sleep(20)
    const start = performance.now()
    await served.server.stop()
    expect(performance.now() - start).toBeLessThan(800)
    expect(served.lines).toEqual([])
  })
})

describe('a client that goes', () => {
  it.each([
    ['in good order', (socket: Socket) => socket.end()],
    ['without a word', (socket: Socket) => socket.destroy()],
    ['by a reset', (_: Socket, proxy: TcpProxy) => proxy.cut()],
  ])('%s, with a call in flight, leaves nothing behind', async (_, leave) => {
    const served = await serving()
    served.intake.next = 'held'
    const proxy = await createTcpProxy({ target: served.port })
    onTestFinished(() => proxy.close())
    const clients = await Promise.all(
      Array.from({ length: 10 }, () => connectRaw({ port: proxy.port, tls: pki.authority })),
    )
    for (const client of clients) client.call(1, PATH, BODY)
    await expect.poll(() => served.intake.held, { timeout: 3000, interval: 5 }).toBe(10)
    for (const { socket } of clients) leave(socket, proxy)
    await Promise.all(clients.map(({ closed }) => closed))
    await sleep(100)
    const start = performance.now()
    await served.server.stop()
    expect(performance.now() - start).toBeLessThan(200)
    expect(served.lines).toEqual([])
  })
})

/** An error before it is no news. */
const closed = (socket: Socket) => new Promise((resolve) => socket.resume().once('close', resolve))

const PATH = '/emqx.exhook.v2.HookProvider/OnMessagePublish'
const BODY = methodOf(contract, 'v2', 'OnMessagePublish').requestSerialize(publish('devices/1/state'))
const pemOf = ({ cert, key }: { readonly cert: string; readonly key: string }) => ({ cert, key })

/** A ClientHello of TLS 1.2, as Node.js sends it. */
async function firstBytesOfClient(): Promise<Buffer> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const client = connectTls({
    port: (listener.address() as AddressInfo).port,
    host: '127.0.0.1',
    servername: 'localhost',
    maxVersion: 'TLSv1.2',
    ALPNProtocols: ['h2'],
  })
  client.on('error', () => {})
  const [socket] = await once(listener, 'connection')
  const [hello] = await once(socket, 'data')
  client.destroy()
  listener.close()
  return hello as Buffer
}
