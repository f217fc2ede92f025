import { describe } from 'vitest'
import { overTls } from './served.ts'

// What holds in plain text holds over TLS: the same tests, each file in a block of its own, as its hooks are its own.
overTls()

describe('over TLS', () => {
  describe('the services', async () => void (await import('./grpc-server.test.ts')))
  describe('on the wire', async () => void (await import('./grpc-wire.test.ts')))
  describe('requests', async () => void (await import('./grpc-requests.test.ts')))
  describe('health', async () => void (await import('./grpc-health.test.ts')))
  describe('watching health', async () => void (await import('./grpc-health-watch.test.ts')))
  describe('the stop', async () => void (await import('./grpc-stop.test.ts')))
})
