import { failureText, isNoSpace } from './disk-failure.ts'
import type { DiskState, DiskStateName } from './disk-log.ts'

/** What the log does with the disk; each kind fails, and works again, by itself. */
export type DiskWork = 'place' | 'write' | 'read' | 'tidy'

/** How the log is, of one mind although several things may be wrong at a time. */
export interface DiskStateKeeper {
  readonly state: DiskState
  set(name: 'closed' | 'ok' | 'unusable', detail: string): void
  failed(work: DiskWork, action: string, path: string, error: unknown): void
  works(work: DiskWork): void
}

/** The first one that is wrong is told: what is not written is the worst. */
const WORK: readonly DiskWork[] = ['place', 'write', 'tidy', 'read']

export function createDiskState(onState: (state: DiskState) => void): DiskStateKeeper {
  const faults = new Map<DiskWork, { readonly name: DiskStateName; readonly detail: string }>()
  let state: DiskState = { name: 'closed', detail: 'not open yet', sinceMs: Date.now() }
  let okDetail = ''

  function become(name: DiskStateName, detail: string): void {
    // A change is another name or another reason; each is told once.
    if (state.name === name && state.detail === detail) return
    state = { name, detail, sinceMs: state.name === name ? state.sinceMs : Date.now() }
    onState(state)
  }

  function tell(): void {
    const worst = WORK.map((work) => faults.get(work)).find((fault) => fault !== undefined)
    if (worst === undefined) become('ok', okDetail)
    else become(worst.name, worst.detail)
  }

  const isOver = (): boolean => state.name === 'closed' || state.name === 'unusable'

  return {
    get state() {
      return state
    },
    set(name, detail) {
      faults.clear()
      if (name === 'ok') okDetail = detail
      become(name, detail)
    },
    failed(work, action, path, error) {
      if (isOver()) return
      const kept = work === 'write' ? '; what was appended is kept in memory and written again' : ''
      const detail = `${failureText(action, path, error)}${kept}`
      faults.set(work, { name: isNoSpace(error) ? 'full' : 'failing', detail })
      tell()
    },
    works(work) {
      if (faults.delete(work) && !isOver()) tell()
    },
  }
}
