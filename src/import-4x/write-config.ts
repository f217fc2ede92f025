import { stringify } from 'yaml'
import { shownText } from '../text/shown.ts'
import type { ImportedOption } from './bridge-setting.ts'
import type { Import } from './import-bridge.ts'

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

/** The file `config.yaml` of its own: the options, and in comments which settings of the source are not among them. */
export function writeConfigFile({ options, ofSettings }: Import, fileName: string): string {
  const missing = ofSettings.filter(({ level }) => level === 'problem')
  return [
    `# Made by \`exhook-kafka import-4x\` from ${shownText(fileName)}.\n`,
    ...missing.map(({ line, text }) => `# PROBLEM: line ${line}: ${shownText(text)}\n`),
    options.length === 0 ? '# No line of it set anything: all options have their defaults.\n' : '\n',
    writeConfig(options),
  ].join('')
}
