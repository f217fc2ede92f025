import { setTimeout as sleep } from 'node:timers/promises'
import { ledgerOf, type ProviderProcess, startProvider } from '../test/support/provider.ts'

export const RULES = 'examples/smart-lock.yaml'
/** Where Kafka's refusals go, if there are any. */
export const DEAD_LETTER_TOPIC = 'exhook.dead-letters'
/** The Kafka topics of those rules. */
export const KAFKA_TOPICS = ['message_state', 'message_command']

const READY_TIMEOUT_MS = 30_000
const WARNING = 40

/** How the provider ended. */
export interface ProviderEnd {
  /** Null when a signal ended it. */
  readonly exitCode: number | null
  readonly ms: number
  /** Its last words. */
  readonly said: string
}

/** The provider in a process of its own, connected to Kafka. */
export interface DemoProvider {
  /** What one types in EMQX's dashboard. */
  readonly url: string
  /** Its ledger, in one line, as `/metrics` gives it. */
  ledger(): Promise<string>
  /** SIGTERM; waits until it has drained its queue. */
  stop(): Promise<ProviderEnd>
}

/** Starts the provider with the smart-lock rules; returns when `/readyz` says that Kafka is connected. */
export async function startDemoProvider(bootstrap: string): Promise<DemoProvider> {
  const provider = await startProvider([`--rules=${RULES}`, `--kafka-brokers=${bootstrap}`])
  await untilReady(provider)

  return {
    url: `http://127.0.0.1:${provider.grpcPort}`,
    async ledger() {
      const { balanced, ...counts } = await ledgerOf(provider)
      const terms = Object.entries(counts).map(([name, count]) => `${name} ${count}`)
      return `${terms.join(', ')}: ${balanced ? 'it balances' : 'IT DOES NOT BALANCE'}`
    },
    async stop() {
      const started = performance.now()
      const exitCode = await provider.stop()
      const warnings = provider.lines.filter(({ level }) => level >= WARNING)
      const said = [...warnings, provider.lines.at(-1)].map((line) => line?.msg ?? '')
      return { exitCode, ms: performance.now() - started, said: [...new Set(said)].join('; ') }
    },
  }
}

async function untilReady({ httpPort }: ProviderProcess): Promise<void> {
  let answer = ''
  for (const deadline = Date.now() + READY_TIMEOUT_MS; Date.now() < deadline; await sleep(50)) {
    const response = await fetch(`http://127.0.0.1:${httpPort}/readyz`)
    if (response.ok) return
    answer = await response.text()
  }
  throw new Error(`the provider was not ready within ${READY_TIMEOUT_MS / 1_000} s: ${answer}`)
}
