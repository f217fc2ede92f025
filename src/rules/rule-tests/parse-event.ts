import { ConfigError } from '../../config/config-error.ts'
import { openYaml } from '../yaml-file.ts'
import { written } from '../yaml-map.ts'
import { readEvent } from './read-event.ts'
import type { TrialEvent } from './written-event.ts'

/**
 * Reads an event from the text of a file, JSON or YAML (which JSON is a part of). Throws a ConfigError with every mistake at once, each
 * with its line and column. `fileName` is only for messages.
 */
export function parseEvent(text: string, fileName: string): TrialEvent {
  const file = openYaml(text, fileName)
  const event = readEvent(file, file.root, written(file, file.root))
  const mistakes = file.mistakes()
  if (mistakes.length > 0 || event === null) throw new ConfigError(mistakes)
  return event
}
