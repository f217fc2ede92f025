import { afterEach } from 'vitest'
import {
  createEmqxStandIn,
  type EmqxStandIn,
  type EmqxStandInConfig,
} from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { createEmqxApi, type EmqxApi } from '../../src/emqx/emqx-api.ts'
import { startTinyProvider, type TinyProvider, type TinyProviderConfig } from '../demo/tiny-provider.ts'

export const KEY = 'the-api-key'
export const SECRET = 'tHe+api:secret/'

export interface RestScene {
  readonly emqx: EmqxStandIn
  readonly api: EmqxApi
}

/** A stand-in for EMQX with its REST API, and providers, cleared away after each test. */
export function useRestScenes() {
  const closers: (() => Promise<unknown> | unknown)[] = []
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })
  return {
    atEnd: (close: () => Promise<unknown> | unknown) => void closers.push(close),
    async emqx(config: EmqxStandInConfig = {}): Promise<RestScene> {
      const emqx = createEmqxStandIn({ restApi: { key: KEY, secret: SECRET }, ...config })
      await emqx.start()
      closers.push(() => emqx.stop())
      return { emqx, api: createEmqxApi({ url: emqx.restUrl, key: KEY, secret: SECRET }) }
    },
    async provider(config: TinyProviderConfig): Promise<TinyProvider> {
      const provider = await startTinyProvider(config)
      closers.push(() => provider.kill())
      return provider
    },
  }
}
