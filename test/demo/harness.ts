import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import { afterEach } from 'vitest'
import {
  createEmqxStandIn,
  type EmqxStandIn,
  type EmqxStandInConfig,
  type HookCall,
} from '../../demo/emqx-stand-in/emqx-stand-in.ts'
import { createTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { startTinyProvider, type TinyProvider, type TinyProviderConfig } from './tiny-provider.ts'

export interface ConnectOptions extends IClientOptions {
  readonly onMessage?: (topic: string, payload: string) => void
}

export interface Scene {
  readonly provider: TinyProvider
  /** Between the two: what it does to the connections, a network or a dying provider does. */
  readonly wire: TcpProxy
  readonly emqx: EmqxStandIn
  /** Every hook call that has ended. */
  readonly ended: HookCall[]
  connect(clientId: string, options?: ConnectOptions): Promise<MqttClient>
}

/** A provider, a stand-in before it and MQTT clients, all cleared away after each test of the file. */
export function useScenes() {
  const closers: (() => Promise<unknown> | unknown)[] = []

  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })

  return {
    async scene(provider: TinyProviderConfig, emqxConfig: Partial<EmqxStandInConfig> = {}): Promise<Scene> {
      const tiny = await startTinyProvider({ contract: emqxConfig.contract ?? 'v2', ...provider })
      closers.push(() => tiny.kill())
      const wire = await createTcpProxy({ target: tiny.port })
      closers.push(() => wire.close())
      const ended: HookCall[] = []
      const emqx = createEmqxStandIn(
        { provider: `http://127.0.0.1:${wire.port}`, ...emqxConfig },
        { onHookCall: (call) => ended.push(call) },
      )
      closers.push(() => emqx.stop())
      await emqx.start()
      return {
        provider: tiny,
        wire,
        emqx,
        ended,
        async connect(clientId, { onMessage, ...options } = {}) {
          const settings: IClientOptions = { clientId, reconnectPeriod: 0, protocolVersion: 4, ...options }
          const client = connect(emqx.url, settings)
          closers.push(() => client.endAsync(true))
          // Before the CONNACK: a stored session's messages follow it at once.
          client.on('message', (topic, payload) => onMessage?.(topic, String(payload)))
          await new Promise((resolve, reject) => client.once('connect', resolve).once('error', reject))
          client.on('error', () => {})
          return client
        },
      }
    },
    /** For what a test starts by itself. */
    atEnd: (close: () => Promise<unknown> | unknown) => void closers.push(close),
  }
}

/** A promise to be kept by hand. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { passed: promise, open: () => resolve() }
}
