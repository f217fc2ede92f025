import type { CommandOutput } from '../../src/cli/stream-output.ts'

/** Output that keeps its text. `lines` counts; after so many nobody reads any more. */
export function createTextOutput(
  lines = Number.POSITIVE_INFINITY,
): CommandOutput & { text(): string; lines(): string[] } {
  const said: string[] = []
  return {
    async print(text) {
      if (said.length >= lines) return false
      said.push(text)
      return true
    },
    text: () => said.join(''),
    lines: () => said.join('').split('\n').slice(0, -1),
  }
}
