import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import type { KafkaDriver, KafkaFailure } from '../../../src/kafka/kafka-driver.ts'
import { openPlatformaticLink } from '../../../src/kafka/platformatic-link.ts'
import { consumeAll } from '../../support/kafka/consume.ts'
import { allowWriting, BRIEF_MS, PASSWORD } from '../../support/kafka/secure-kafka.ts'
import { createTopics } from '../../support/kafka/topics.ts'
import { numbered } from '../../support/records.ts'
import { startTokenEndpoint } from '../../support/token-endpoint.ts'
import { expectOrder, persist } from '../contract/stage.ts'
import { DRIVERS } from '../drivers.ts'
import { type SecureStage, secureConfig } from './secure-drivers.ts'

/** The ways to log in by which there are sessions that end. */
const LOGINS = ['plain', 'scram-sha-512', 'oauthbearer'] as const
const CASES = DRIVERS.flatMap((name) => LOGINS.map((way) => [name, way] as const))
const LOADED_MS = 1.6 * BRIEF_MS
const topicOf = (name: string, way: string, lane: number) => `brief.${name}.${way}.${lane}`

/** By KIP-368 a broker ends a login's session after a time, or with its token; here after BRIEF_MS. */
export function describeReauthentication(stage: SecureStage): void {
  beforeAll(async () => {
    const topics = [
      ...CASES.flatMap(([name, way]) => [0, 1].map((lane) => topicOf(name, way, lane))),
      ...DRIVERS.map((name) => `tokenless.${name}`),
    ]
    await createTopics(stage.secure.kafka.bootstrap, topics, 2)
    await allowWriting(stage.secure, topics)
  })

  describe.concurrent('a session that ends', () => {
    it.each(CASES)('goes on: %s by %s, under load and at rest: nothing fails', async (name, way) => {
      const driver = stage.drivers.make(name, way, 'brief')
      const until = performance.now() + LOADED_MS
      const lanes = await Promise.all([0, 1].map((lane) => load(driver, topicOf(name, way, lane), until)))
      await sleep(1.2 * BRIEF_MS)
      const topic = topicOf(name, way, 0)
      const rested = await load(driver, topic, 0, lanes[0]?.sent)
      expect([...lanes, rested].flatMap(({ failures }) => failures)).toEqual([])
      const found = await consumeAll(stage.secure.kafka.bootstrap, [topic])
      expect(found).toHaveLength(rested.sent)
      expectOrder(found)
    })

    it('is cut by the broker when nothing is done about it', async () => {
      const config = secureConfig(stage.secure, 'plain', 'brief')
      const [host = '', port] = stage.secure.doors.brief.split(':')
      const link = await openPlatformaticLink({ host, port: Number(port) }, config)
      expect((link.session?.endsAtMs ?? 0) - performance.now()).toBeLessThan(BRIEF_MS)
      expect((await link.describe(null)).brokers.size).toBe(1)
      await sleep(BRIEF_MS + 200)
      await expect(link.describe(null)).rejects.toThrow('Connection closed')
    })

    it('without a new token is a pause, and no loss', async () => {
      const { tokens, kafka } = stage.secure
      const ownTokens = await startTokenEndpoint({ clients: { writer: PASSWORD }, signWith: tokens })
      ownTokens.tokensLast(4) // and so do the sessions that begin with them, less up to a second
      const env = { SASL_OAUTH_TOKEN_URL: ownTokens.url }
      const topics = DRIVERS.map((name) => `tokenless.${name}`)
      const until = performance.now() + 6_000
      const loads = DRIVERS.map((name, i) =>
        load(stage.drivers.make(name, 'oauthbearer', 'sasl', { env }), topics[i] ?? '', until),
      )
      await sleep(500)
      ownTokens.answerWith((response) => response.writeHead(503).end('later'))
      await sleep(5_000)
      ownTokens.answerWith(null)
      const ends = await Promise.all(loads)
      await ownTokens.close()
      for (const [i, { sent, failures }] of ends.entries()) {
        expect(failures.length).toBeGreaterThan(0)
        for (const failure of failures) {
          expect(failure).toMatchObject({ kind: 'connection', code: 'TokenError' })
          expect(failure.message).toMatch(/answers 503 and no token .*look at kafka\.sasl\.oauth\.token_url/)
        }
        const found = await consumeAll(kafka.bootstrap, [topics[i] ?? ''])
        expect(found).toHaveLength(sent)
        expectOrder(found)
      }
    })
  })
}

/** Sends batch after batch, at least one, as delivery does. */
async function load(
  driver: KafkaDriver,
  topic: string,
  until: number,
  from = 0,
): Promise<{ readonly sent: number; readonly failures: readonly KafkaFailure[] }> {
  const failures: KafkaFailure[] = []
  let sent = from
  do {
    failures.push(...(await persist(driver, driver.freeze(topic, numbered(topic, 10, 4, sent)))))
    sent += 10
    await sleep(20)
  } while (performance.now() < until)
  return { sent, failures }
}
