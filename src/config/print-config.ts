import { stringify } from 'yaml'
import { REDACTED } from '../text/redactor.ts'
import type { Config } from './config.ts'
import { camelCase, type NamedOption, ROOT, type Section } from './option-list.ts'

/**
 * The configuration as a YAML file that would give it again, but for its secrets, which are redacted. Keys that are
 * not set are left out.
 */
export function printConfig(config: Config): string {
  return stringify(sectionOf(ROOT, config), { lineWidth: 0 })
}

function sectionOf(section: Section, values: object): Record<string, unknown> {
  const printed: Record<string, unknown> = {}
  for (const [key, child] of section) {
    const value = (values as Record<string, unknown>)[camelCase(key)]
    if (value === null || value === undefined) continue
    printed[key] = child instanceof Map ? sectionOf(child, value) : printedValue(child as NamedOption, value)
  }
  return printed
}

function printedValue({ secret, format }: NamedOption, value: unknown): unknown {
  if (secret) return REDACTED
  return format.unit === 'bytes' ? format.show(value) : value
}
