import type { Attack } from './attack.ts'
import { CONNECTION_ATTACKS } from './connection-attacks.ts'
import { FRAME_ATTACKS } from './frame-attacks.ts'
import { STREAM_ATTACKS } from './stream-attacks.ts'

export const ATTACKS: readonly Attack[] = [...FRAME_ATTACKS, ...STREAM_ATTACKS, ...CONNECTION_ATTACKS]

export function attackOf(name: string): Attack {
  const found = ATTACKS.find((attack) => attack.name === name)
  if (found === undefined) throw new Error(`no attack is called ${name}`)
  return found
}
