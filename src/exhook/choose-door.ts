import type { Logger } from 'pino'
import type { GrpcConfig } from '../config/config.ts'
import { isLoopback } from '../config/hosts.ts'
import { type CertificateReload, createCertificateReload } from '../tls/certificate-reload.ts'
import { type Certificates, certificateFilesOf, certificateWarnings } from '../tls/certificates.ts'
import type { DoorMaker } from './door.ts'
import { createPlainDoor } from './plain-door.ts'
import { createTlsDoor, type TlsDoor } from './tls-door.ts'

export interface ChooseDoorDeps {
  /** Those of the files that the configuration names; null: plain text. */
  readonly certificates: Certificates | null
  readonly log: Logger
  readonly onHandshake: () => void
}

/** The door that the configuration asks for, and the certificates that follow their files; null: it needs none. */
export interface ChosenDoor {
  readonly make: DoorMaker
  readonly certificates: CertificateReload | null
  /** What of it is allowed and hardly meant, to be logged at the start. */
  readonly warnings: readonly string[]
}

export function chooseDoor(config: GrpcConfig, deps: ChooseDoorDeps): ChosenDoor {
  const { certificates: initial, log } = deps
  const files = certificateFilesOf(config)
  const isOpen = !isLoopback(config.host)
  if (files === null || initial === null) {
    const warnings = isOpen ? ['hook calls come in plain text: let only EMQX reach this port'] : []
    return { make: createPlainDoor, certificates: null, warnings }
  }

  const doors = new Set<TlsDoor>()
  const certificates = createCertificateReload(files, {
    initial,
    log,
    onChanged(now) {
      for (const door of doors) door.renew(now)
    },
  })
  return {
    make(behind) {
      const { handshakeTimeoutMs, tlsMinVersion: minVersion, tlsClientNames: clientNames } = config
      const door = createTlsDoor(
        { handshakeTimeoutMs, minVersion, clientNames },
        { ...behind, certificates: certificates.status.current, onHandshake: deps.onHandshake },
      )
      doors.add(door)
      return door
    },
    certificates,
    warnings: [
      ...certificateWarnings(initial, Date.now()),
      ...(isOpen && files.clientCaFile === null
        ? [
            'hook calls are taken from everyone who reaches this port: set grpc.tls_client_ca_file, or let only EMQX reach it',
          ]
        : []),
    ],
  }
}
