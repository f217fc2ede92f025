import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { guardChild } from '../test/support/child-guard.ts'
import type { OpenLoopResult } from './open-loop.ts'

export interface OpenLoopConfig {
  readonly port: number
  readonly topicPrefix: string
  /** Events a second. */
  readonly rate: number
  /** Seconds. */
  readonly warmUp: number
  readonly seconds: number
}

/** Runs `open-loop.ts` in a process of its own; `onPhase` is told when the measured part begins and ends. */
export async function runOpenLoop(
  { port, topicPrefix, rate, warmUp, seconds }: OpenLoopConfig,
  onPhase: (phase: 'begin' | 'end') => void,
): Promise<OpenLoopResult> {
  const args = [port, topicPrefix, rate, warmUp, seconds].map(String)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'open-loop.ts'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  guardChild(child)
  let result: OpenLoopResult | undefined
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as OpenLoopResult | { readonly phase: 'begin' | 'end' }
    if ('phase' in said) onPhase(said.phase)
    else result = said
  }
  if (result === undefined) throw new Error('the load ended without a result')
  return result
}
