import { Client } from '@grpc/grpc-js'
import { service } from 'grpc-health-check'
import { credentialsOf } from '../support/hook-client.ts'
import type { Served } from './served.ts'

/** A client of a served server, by its name in the certificate. */
export const connect = ({ port, tls }: Served) => new Client(`localhost:${port}`, credentialsOf(tls))

/** An RPC of the health service: `Check` or `Watch`. */
export function rpc(name: string) {
  const method = service[name]
  if (method === undefined) throw new Error(`the health service has no ${name}`)
  const read = (bytes: Buffer) => (method.responseDeserialize(bytes) as { status: string }).status
  return { path: method.path, write: method.requestSerialize, read }
}
