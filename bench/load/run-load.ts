import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { guardChild } from '../../test/support/child-guard.ts'
import { goProgram } from '../../test/support/go-programs.ts'
import type { LoadLine, LoadPlan, LoadResult } from './load-plan.ts'

/** The command of a program that carries out a LoadPlan. */
export interface LoadProgram {
  readonly name: 'Go' | 'Node'
  readonly command: readonly [string, ...string[]]
}

/** In a process of its own too, at several times the cost a call. */
export const NODE_LOAD: LoadProgram = {
  name: 'Node',
  command: [process.execPath, join(import.meta.dirname, 'node-load.ts')],
}

/** The program in Go, built now; the one in TypeScript on a machine without Go. */
export async function loadProgram(): Promise<LoadProgram> {
  if (!hasGo()) return NODE_LOAD
  return { name: 'Go', command: [await goProgram('hook-load')] }
}

export function hasGo(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/**
 * Carries out a plan in a process of its own; `onPhase` is told when the measured part begins and ends.
 * @throws Error when the program fails; calls that fail are in the result.
 */
export async function runLoad(
  { command }: LoadProgram,
  plan: LoadPlan,
  onPhase: (phase: 'begin' | 'end') => void = () => {},
): Promise<LoadResult> {
  const [program, ...words] = command
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] })
  guardChild(child)
  child.stdin.on('error', () => {}) // a program that is gone says so by its missing result
  child.stdin.end(JSON.stringify(plan))
  let result: LoadResult | undefined
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as LoadLine
    if ('phase' in line) onPhase(line.phase)
    else result = line.result
  }
  if (result === undefined) throw new Error('the load ended without a result')
  return result
}
