import type { ProviderProcess } from '../support/provider.ts'

/** One worker as `/status` shows it. */
export interface ShownWorker {
  readonly worker: number
  readonly pid: number
  readonly up: boolean
  readonly restarts: number
  readonly connections: number
  readonly ledger: { readonly calls: number; readonly queued: number; readonly balances: boolean }
  readonly rules: { readonly rules: readonly { readonly name: string }[] }
  readonly emqx: { readonly nodes: readonly { readonly node: string; readonly state: string }[] }
}

export interface ShownStatus {
  readonly ledger: {
    readonly balances: boolean
    readonly left: number
    readonly queued: number
    readonly records: number
    readonly recovered: number
    readonly delivered: number
  }
  readonly workers: readonly ShownWorker[]
}

/** `/status` of a provider of several processes. */
export async function statusOf(provider: ProviderProcess): Promise<ShownStatus> {
  return (await (await fetch(`http://127.0.0.1:${provider.httpPort}/status`)).json()) as ShownStatus
}

export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
