const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** The ms of a duration as EMQX writes it: `5s`, `500ms`, `1m30s`, or a number of ms; undefined for anything else. */
export function durationMs(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !/^(\d+(ms|s|m|h|d))+$/i.test(value)) return undefined
  let sum = 0
  for (const [, digits = '0', unit = ''] of value.matchAll(/(\d+)(ms|s|m|h|d)/gi))
    sum += Number(digits) * (UNITS[unit.toLowerCase()] ?? 0)
  return sum
}
