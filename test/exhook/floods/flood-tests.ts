import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { largestRssBytes } from '../../../src/exhook/request-bounds.ts'
import type { Attack } from '../../support/floods/attack.ts'
import { flood } from '../../support/floods/flood-run.ts'
import { metric, type ProviderProcess, startProvider } from '../../support/provider.ts'
import { temporaryFile } from '../../support/temporary-file.ts'
import type { ServerKind } from '../served.ts'

const TIMES = { beforeMs: 100, attackMs: 800, mostMs: 15_000, restMs: 100 }
/** EMQX's request_timeout, less a tenth. Attacker, provider and client share two cores with other tests. */
const SLOWEST_MS = 4500
/** So long the event loop may stand still, with what each of them may have of the cores. */
const LONGEST_STOP_MS = 2500
/** What README says that the process takes at most, whatever comes: here over all attacks of a file, one after the other. */
const MOST_MIB =
  largestRssBytes({ queueMaxBytes: 64 * 1024 * 1024, maxReceiveBytes: 16 * 1024 * 1024 }) / 1024 ** 2

/** A test for each attack, on one provider, as it is without Kafka. */
export function describeFloods(
  title: string,
  attacks: readonly Attack[],
  server: ServerKind = 'grpc-js',
): void {
  describe.runIf(process.platform === 'linux')(title, () => {
    let provider: ProviderProcess
    beforeAll(async () => {
      const rules = temporaryFile(
        'rules.yaml',
        'rules:\n  - hook: message.publish\n    filter: fleet/#\n    topic: fleet\n',
      )
      provider = await startProvider([
        ...[`--rules=${rules}`, '--kafka-brokers=127.0.0.1:1'],
        `--grpc-transport=${server}`,
      ])
    })
    afterAll(async () => {
      provider?.signal('SIGKILL')
      await provider?.ended
    })

    it.each(attacks)('$name: $what', async (named) => {
      // What each transport can bear differs: some attacks cost the lean one nothing, so it does not cut them.
      const attack = server === 'lean' ? { ...named, mayStay: true as const } : named
      const lines = provider.lines.length
      const { during, after, attack: did, refused } = await flood(provider, attack, TIMES)
      // EMQX's calls: every one is answered OK, in time.
      expect(during.calls).toBeGreaterThan(20)
      expect(during.failed + after.failed).toBe(0)
      expect(during.p99Ms).toBeLessThan(SLOWEST_MS)
      expect(during.loopMs).toBeLessThan(LONGEST_STOP_MS)
      expect(Math.max(during.rssMib, after.rssMib)).toBeLessThan(MOST_MIB)
      // The attacker.
      expect(did.opened).toBeGreaterThan(0)
      const { cutFor } = attack
      if (server === 'grpc-js') {
        expect(Object.keys(refused).filter((reason) => reason !== cutFor)).toEqual([])
      }
      if (cutFor !== undefined && !attack.mayStay) {
        expect(refused[cutFor]).toBeGreaterThan(0)
        expect(did.closed).toBeGreaterThan(0)
      }
      // A flood of connections is no flood of the log.
      expect(provider.lines.length - lines).toBeLessThan(10)
      await expect.poll(() => metric(provider, 'exhook_connections')).toBe(0)
    })
  })
}
