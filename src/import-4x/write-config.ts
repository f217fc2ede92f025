import { stringify } from 'yaml'
import type { ImportedOption } from './bridge-setting.ts'

/** The options as the text of a config.yaml; '' when there are none. */
export function writeConfig(options: readonly ImportedOption[]): string {
  if (options.length === 0) return ''
  const root: Record<string, unknown> = {}
  for (const { path, value } of options) {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    let section = root
    for (const key of keys) {
      section[key] ??= {}
      section = section[key] as Record<string, unknown>
    }
    section[last] = value
  }
  return stringify(root, { lineWidth: 0 })
}
