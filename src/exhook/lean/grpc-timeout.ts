const TIMEOUT = /^(\d{1,8})([HMSmun])$/
const UNIT_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
}

/** The field `grpc-timeout` in ms; Infinity when there is none, undefined when it is none. */
export function parseGrpcTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return Number.POSITIVE_INFINITY
  const [, digits, unit] = TIMEOUT.exec(text) ?? []
  return digits === undefined || unit === undefined ? undefined : Number(digits) * (UNIT_MS[unit] as number)
}
