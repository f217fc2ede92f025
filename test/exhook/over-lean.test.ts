import { describe } from 'vitest'
import { overLean } from './served.ts'

// What holds for grpc-js's transport holds for the lean one: the same tests, each file in a block of its own.
overLean()

describe('over the lean transport', () => {
  describe('the services', async () => void (await import('./grpc-server.test.ts')))
  describe('on the wire', async () => void (await import('./grpc-wire.test.ts')))
  describe('requests', async () => void (await import('./grpc-requests.test.ts')))
  describe('health', async () => void (await import('./grpc-health.test.ts')))
  describe('the stop', async () => void (await import('./grpc-stop.test.ts')))
  describe('connections', async () => void (await import('./connections.test.ts')))
  describe('TLS', async () => void (await import('./tls-door.test.ts')))
  describe('renewal', async () => void (await import('./renewal.test.ts')))
})
