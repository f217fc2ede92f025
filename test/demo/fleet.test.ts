import { expect, test } from 'vitest'
import { createFleet, eventId } from '../../demo/fleet.ts'
import { useScenes } from './harness.ts'

const { scene } = useScenes()

test('publishes numbered states and commands at the rate asked for, and says what was acknowledged', async () => {
  const { emqx, provider } = await scene({
    hooks: [
      { name: 'message.publish', topics: ['devices/+/state'] },
      { name: 'message.acked', topics: ['devices/+/command'] },
    ],
  })
  const fleet = createFleet({ url: emqx.url, locks: 4, ratePerSecond: 100, commandEvery: 5 })
  await fleet.connect()
  await fleet.run(1_000)
  await fleet.disconnect()
  await emqx.stop()

  const { states, commands, statesAcknowledged, commandsAcknowledged, failed } = fleet.report
  expect(states + commands).toBeGreaterThan(60)
  expect(states + commands).toBeLessThanOrEqual(100)
  expect(commands).toBe(Math.floor((states + commands) / 5))
  expect({ statesAcknowledged, commandsAcknowledged, failed }).toEqual({
    statesAcknowledged: states,
    commandsAcknowledged: commands,
    failed: 0,
  })
  expect(fleet.latencies.count).toBe(states)

  // What the provider saw is what the fleet says, in the order of each lock.
  const seen = [...provider.of('OnMessagePublish'), ...provider.of('OnMessageAcked')].map(({ request }) => ({
    topic: request.message.topic as string,
    sequence: JSON.parse(String(request.message.payload)).sequence as number,
  }))
  expect(new Set(seen.map(({ topic, sequence }) => eventId(topic, sequence)))).toEqual(fleet.acknowledged)
  const highest = new Map<string, number>()
  for (const { topic, sequence } of seen) {
    expect(sequence).toBe((highest.get(topic) ?? 0) + 1)
    highest.set(topic, sequence)
  }
  await fleet.disconnect()
})

test('goes on without those that are never acknowledged', async () => {
  const { emqx } = await scene(
    {
      hooks: [{ name: 'message.publish' }],
      reply: ({ rpc }) => (rpc === 'OnMessagePublish' ? new Promise(() => {}) : undefined),
    },
    { requestTimeoutMs: 900 },
  )
  const fleet = createFleet({ url: emqx.url, locks: 1, ratePerSecond: 20, commandEvery: 1_000 })
  await fleet.connect()
  await fleet.run(500, 200)
  expect(fleet.report.states).toBeGreaterThan(5)
  expect(fleet.acknowledged.size).toBe(0)
})
