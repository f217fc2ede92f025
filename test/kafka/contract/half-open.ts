import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../support/free-port.ts'
import { consumeAll } from '../../support/kafka/consume.ts'
import { startKafka } from '../../support/kafka/kafka-server.ts'
import { numbered } from '../../support/records.ts'
import { createTcpProxy } from '../../support/tcp-proxy.ts'
import { createDriver } from '../drivers.ts'
import { expectOrder, type Stage } from './stage.ts'

const REQUEST_TIMEOUT_MS = 1000
/** One request finds out, at most two more are under way. */
const BACK_WITHIN_MS = 5 * REQUEST_TIMEOUT_MS

/** Connections whose broker has gone without a word: what is sent on them vanishes. A new one would do. */
export function describeHalfOpen({ name }: Stage): void {
  describe('a half open connection', () => {
    it('is given up with the first request that has no answer in time', async () => {
      const ports = { broker: await freePort(), controller: await freePort() }
      const proxy = await createTcpProxy({ target: ports.broker, port: await freePort() })
      const kafka = await startKafka({
        ports,
        properties: { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` },
        topics: { 'half-open': 3 },
      })
      const bootstrap = `127.0.0.1:${proxy.port}`
      const { driver, renewals } = createDriver(name, bootstrap, { requestTimeoutMs: REQUEST_TIMEOUT_MS })
      try {
        const first = driver.freeze('half-open', numbered('half-open', 50, 7))
        expect((await driver.send(first)).left).toEqual([])

        proxy.halfOpen()
        const start = performance.now()
        let rest = [driver.freeze('half-open', numbered('half-open', 50, 7, 50))]
        while (rest.length > 0 && performance.now() - start < BACK_WITHIN_MS) {
          const { left } = await driver.send(rest[0] as (typeof rest)[0])
          rest = [...left.map(({ batch }) => batch), ...rest.slice(1)]
          await sleep(100)
        }
        console.log(`${name}: delivered again ${Math.round(performance.now() - start)} ms after`)
        expect(rest).toEqual([])

        const found = await consumeAll(bootstrap, ['half-open'])
        expect(found).toHaveLength(100)
        expectOrder(found)
        expect(renewals()).toBe(0)
      } finally {
        await driver.stop()
        await kafka.stop()
        await proxy.close()
      }
    })
  })
}
