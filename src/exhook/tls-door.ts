import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer, type SecureContextOptions, type TLSSocket } from 'node:tls'
import type { Certificates } from '../tls/certificates.ts'
import { clientRefusal, handshakeRefusal, type Refusal } from '../tls/handshake-refusal.ts'
import type { Door, DoorDeps } from './door.ts'
import { createOrderedStream } from './ordered-stream.ts'

export interface TlsDoorConfig {
  /** How long a client may take for its handshake, from its first packet on. */
  readonly handshakeTimeoutMs: number
  readonly minVersion: '1.2' | '1.3'
  /** Of these names a client's certificate has to have one; null: any will do. */
  readonly clientNames: readonly string[] | null
}

export interface TlsDoorDeps extends DoorDeps {
  readonly certificates: Certificates
  /** A client is through. */
  readonly onHandshake: () => void
}

export interface TlsDoor extends Door {
  /** New handshakes are made with these; connections that are open stay as they are. */
  renew(certificates: Certificates): void
}

/**
 * For connections with TLS. Where the certificates name authorities for clients, a client comes in only with a certificate
 * that is good and has a name that is allowed; that is decided before a byte of HTTP/2 is read.
 *
 * No session is ever resumed, so that every connection shows its certificate anew.
 */
export function createTlsDoor(config: TlsDoorConfig, deps: TlsDoorDeps): TlsDoor {
  const { refuse } = deps
  // By their ends: node:tls does not tell of which connection a handshake was.
  const waiting = new Map<string, Socket>()
  const inside = new Set<Duplex>()
  const wantsClientCertificate = deps.certificates.clientCa !== null

  const server = createServer({
    ...contextOf(deps.certificates),
    ALPNProtocols: ['h2'],
    handshakeTimeout: config.handshakeTimeoutMs,
    requestCert: wantsClientCertificate,
    // `onSecure` rejects them: it can tell why, and who it was.
    rejectUnauthorized: false,
  })
  server.on('tlsClientError', (error, socket) => {
    turnAway(socket, handshakeRefusal(error))
  })
  server.on('secureConnection', onSecure)

  function contextOf({ cert, key, clientCa }: Certificates): SecureContextOptions {
    return {
      cert,
      key,
      ...(clientCa !== null && { ca: clientCa }),
      minVersion: config.minVersion === '1.3' ? 'TLSv1.3' : 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    }
  }

  function onSecure(socket: TLSSocket): void {
    waiting.delete(endsOf(socket))
    const refusal = refusalOf(socket)
    if (refusal !== null) {
      socket.on('error', () => {})
      turnAway(socket, refusal)
      return
    }
    // What node:http2 does with a socket that it sees.
    socket.setNoDelay()
    socket.disableRenegotiation()
    deps.onHandshake()
    if (!deps.isShared) {
      deps.inject(socket)
      return
    }
    const stream = createOrderedStream(socket)
    inside.add(stream)
    stream.once('close', () => inside.delete(stream))
    deps.inject(stream)
  }

  function refusalOf(socket: TLSSocket): Refusal | null {
    // Who asks for no protocol at all is let through by OpenSSL.
    if (socket.alpnProtocol !== 'h2') return { reason: 'no_http2' }
    return wantsClientCertificate ? clientRefusal(socket, config.clientNames) : null
  }

  function turnAway(socket: TLSSocket, { reason, detail }: Refusal): void {
    refuse(reason, socket.remoteAddress, detail)
    socket.destroy()
  }

  return {
    enter(socket) {
      const ends = endsOf(socket)
      waiting.set(ends, socket)
      socket.once('close', () => {
        if (waiting.get(ends) === socket) waiting.delete(ends)
      })
      // Whoever closes its side in the middle of a handshake has gone; node:tls would wait until the timeout.
      socket.allowHalfOpen = false
      server.emit('connection', socket)
    },
    writeAll(frames) {
      for (const stream of inside) if (stream.writable) stream.write(frames)
    },
    cutWaiting() {
      for (const socket of waiting.values()) socket.destroy()
    },
    renew(certificates) {
      server.setSecureContext(contextOf(certificates))
    },
  }
}

/** Both ends of a TCP connection, which no other open one has together. */
const endsOf = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): string =>
  `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`
