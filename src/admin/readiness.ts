/** One part of the program as readiness sees it. */
export interface ReadinessPart {
  /** `kafka`, `queue`, `draining` … */
  readonly name: string
  readonly ok: boolean
  /** For a person, on one line: `not connected since 12 s: connect ECONNREFUSED 10.0.0.1:9092`. */
  readonly detail: string
}

/** Whether the program does all of its work now, and why not. */
export interface Readiness {
  readonly ready: boolean
  /** Without details where they are not for everybody. */
  readonly parts: readonly (Omit<ReadinessPart, 'detail'> & Partial<ReadinessPart>)[]
}

/** Ready when every part is. */
export function readinessOf(parts: readonly ReadinessPart[]): Readiness {
  return { ready: parts.every((part) => part.ok), parts }
}

/** What everybody may know: details name topics, brokers, nodes and files. */
export const withoutDetails = ({ ready, parts }: Readiness): Readiness => ({
  ready,
  parts: parts.map(({ name, ok }) => ({ name, ok })),
})

/** `ready` or `not ready`, then a line for each part: `kafka: not connected since 12 s: …`, or `kafka: not ok`. */
export function readinessText({ ready, parts }: Readiness): string {
  const lines = parts.map(({ name, ok, detail }) => `${name}: ${oneLine(detail ?? (ok ? 'ok' : 'not ok'))}`)
  return `${[ready ? 'ready' : 'not ready', ...lines].join('\n')}\n`
}

/** Errors of Kafka clients and of Node may hold newlines; a part has one line. */
function oneLine(detail: string): string {
  return detail.replaceAll(/\p{C}+/gu, ' ').trim()
}
