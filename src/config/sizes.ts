/** What a size may be written in: powers of 1024 and of 1000, as Kubernetes' and Kafka's users know them. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
  ['kb', 1000],
  ['mb', 1000 ** 2],
  ['gb', 1000 ** 3],
])

/**
 * Bytes of a size as a user writes it: `1048576`, `512KiB`, `64 MiB`, `1.5GB`; upper or lower case.
 * Undefined for anything else, and for what is no whole number of bytes.
 */
export function parseBytes(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text) ?? []
  const factor = UNITS.get((unit ?? '').toLowerCase())
  if (number === undefined || factor === undefined) return undefined
  const bytes = Number(number) * factor
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** The shortest exact way to write a number of bytes: `64MiB`, `512KiB`, `1500`. What `parseBytes` reads back. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return '0'
  for (const unit of ['GiB', 'MiB', 'KiB']) {
    const factor = UNITS.get(unit.toLowerCase()) ?? 1
    if (bytes % factor === 0) return `${bytes / factor}${unit}`
  }
  return String(bytes)
}
