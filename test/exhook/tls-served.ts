import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect } from 'node:tls'
import { type ConnectionRefusal, createConnectionRefusals } from '../../src/exhook/connection-refusals.ts'
import { createTlsDoor, type TlsDoor, type TlsDoorConfig } from '../../src/exhook/tls-door.ts'
import { readCertificates } from '../../src/tls/certificates.ts'
import { type Authority, createAuthority, type Issued } from '../support/certificates.ts'
import { type Served, serve } from './served.ts'

/** Two authorities, and a server's certificate of the first, for localhost. */
export interface Pki {
  readonly folder: string
  readonly authority: Authority
  readonly other: Authority
  readonly own: Issued
  remove(): void
}

export async function createPki(): Promise<Pki> {
  const folder = mkdtempSync(join(tmpdir(), 'exhook-kafka-pki-'))
  const authority = await createAuthority(folder, 'authority')
  return {
    folder,
    authority,
    other: await createAuthority(join(folder, 'other'), 'authority'),
    own: await authority.issue('server', { dns: ['localhost'], usage: 'server' }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export interface TlsServed extends Served {
  /** How many connections were refused, by reason; those without are left out. */
  readonly refused: Partial<Record<ConnectionRefusal, number>>
  readonly handshakes: () => number
  readonly door: TlsDoor
}

/** A real server behind a door of TLS; `clientCa` makes it mutual. */
export async function serveTls(
  { own }: Pick<Pki, 'own'>,
  config: Partial<TlsDoorConfig> & { readonly clientCaFile?: string } = {},
): Promise<TlsServed> {
  const refused: Partial<Record<ConnectionRefusal, number>> = {}
  let handshakes = 0
  let door: TlsDoor | undefined
  const files = { ...own, clientCaFile: config.clientCaFile ?? null }
  const served = await serve({
    door: (log) => (behind) => {
      door = createTlsDoor(
        { handshakeTimeoutMs: 5000, minVersion: '1.2', clientNames: null, ...config },
        {
          ...behind,
          certificates: readCertificates(files, (path) => readFileSync(path, 'utf8')),
          refuse: createConnectionRefusals({
            log,
            onRefused(reason) {
              refused[reason] = (refused[reason] ?? 0) + 1
            },
          }),
          onHandshake: () => void handshakes++,
        },
      )
      return door
    },
  })
  return { ...served, refused, handshakes: () => handshakes, door: door as unknown as TlsDoor }
}

/** How a TLS client fared: the code of its error, or what it was given. */
export interface Visit {
  readonly error?: string
  readonly protocol?: string | null
  readonly alpn?: string | false | null
  readonly serial?: string
  /** In ms, until the server cut it or the handshake was made. */
  readonly ms: number
  readonly reused: boolean
}

/**
 * A TLS client of localhost that checks the host name. Ends when it was refused, or when the server has sent something of
 * HTTP/2, and so has let it in: in TLS 1.3 a client is through before the server has looked at its certificate.
 */
export function visit(port: number, options: ConnectionOptions): Promise<Visit> {
  return new Promise((resolve) => {
    const start = performance.now()
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ALPNProtocols: ['h2'],
      ...options,
    })
    let error: string | undefined
    const end = () => {
      resolve({
        ...(error !== undefined && { error }),
        protocol: socket.getProtocol(),
        alpn: socket.alpnProtocol,
        serial: socket.getPeerX509Certificate()?.serialNumber ?? '',
        ms: performance.now() - start,
        reused: socket.isSessionReused(),
      })
      socket.destroy()
    }
    socket.once('data', end)
    socket.on('error', (failure: NodeJS.ErrnoException) => {
      error ??= failure.code ?? failure.message
    })
    socket.once('close', () => {
      error ??= 'closed'
      end()
    })
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0')
  })
}
