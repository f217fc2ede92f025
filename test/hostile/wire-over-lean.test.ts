import { describe } from 'vitest'
import { overLean } from '../exhook/served.ts'

// What is sent to grpc-js's transport is sent to the lean one too.
overLean()

describe('over the lean transport', async () => void (await import('./wire.test.ts')))
