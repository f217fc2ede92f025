import type { DemoOptions } from './options.ts'
import type { SmartLockScenario } from './smart-lock-scenario.ts'

/** What a run of the demo gets from the process around it. */
export interface DemoRun {
  readonly options: DemoOptions
  readonly scenario: SmartLockScenario
  readonly say: (...lines: string[]) => void
  /** Takes what is to be closed at the end, the last first, also when the demo is interrupted. */
  readonly atEnd: (close: () => Promise<unknown>) => void
  /** Kept when somebody pressed Ctrl-C. */
  readonly interrupted: Promise<void>
}
