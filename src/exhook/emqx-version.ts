import type { ContractVersion } from '../hooks.ts'

/** An EMQX version as far as hooks depend on it. */
export interface EmqxVersion {
  readonly major: number
  readonly minor: number
  readonly patch: number
  /** An alpha or a beta may lack what its release has; a release candidate or a build of a commit does not. */
  readonly early: boolean
}

/** Reads `5.8.9`, `v5.8`, `6.3.0-rc.1`, `5.10.1-gabc123`; null for what is no version. */
export function parseEmqxVersion(text: string): EmqxVersion | null {
  const match = /^\s*[ve]?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.]*\d)(.*)$/is.exec(text)
  if (match === null) return null
  const [, major = '', minor = '', patch = '0', rest = ''] = match
  return {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    early: /^[-.]?(alpha|beta)/i.test(rest),
  }
}

/** The oldest EMQX that speaks a version of the contract: what is assumed of one that does not tell its own. */
const OLDEST: Readonly<Record<ContractVersion, EmqxVersion>> = {
  v2: { major: 5, minor: 0, patch: 0, early: false },
  v3: { major: 5, minor: 9, patch: 0, early: false },
}

/** The version in BrokerInfo.version, or the oldest of that contract when it is empty or unreadable. */
export const emqxVersionOrOldest = (text: string, contract: ContractVersion): EmqxVersion =>
  parseEmqxVersion(text) ?? OLDEST[contract]

/** Whether `version` is at least `since`, e.g. '6.3.0'. */
export function isSince(version: EmqxVersion, since: string): boolean {
  const wanted = parseEmqxVersion(since)
  if (wanted === null) throw new Error(`no version: ${since}`)
  const difference =
    version.major - wanted.major || version.minor - wanted.minor || version.patch - wanted.patch
  return difference > 0 || (difference === 0 && !version.early)
}
