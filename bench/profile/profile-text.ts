import type { CallNode } from './cpu-profile.ts'
import { dearestFunctions, GROUP_MEANS, timeByGroup } from './function-groups.ts'

export interface Profiled {
  readonly title: string
  /** The file of its flame graph beside the page. */
  readonly picture: string
  readonly tree: CallNode
  /** Of the server's process, an event, without the profiler. */
  readonly cpuMicroseconds: number
}

const DEAREST = 20

/** A part of `bench/PROFILE.md`: time by group, the dearest functions, the picture. */
export function profileText({ title, picture, tree, cpuMicroseconds }: Profiled): string {
  const share = (microseconds: number) => microseconds / tree.totalMicroseconds
  const cells = (microseconds: number) =>
    `${(share(microseconds) * 100).toFixed(1)} % | ${(share(microseconds) * cpuMicroseconds).toFixed(2)}`
  const groups = [...timeByGroup(tree)]
    .toSorted(([, a], [, b]) => b - a)
    .map(([group, microseconds]) => `| ${group} | ${GROUP_MEANS[group]} | ${cells(microseconds)} |`)
  const functions = dearestFunctions(tree, DEAREST).map(
    ({ name, place, group, microseconds }) =>
      `| \`${name}\` | ${place === '' ? 'native' : place} | ${group} | ${cells(microseconds)} |`,
  )
  return `## ${title}

${cpuMicroseconds.toFixed(1)} µs of CPU an event without the profiler; shares are of the main thread's time when it did not sleep.

![Flame graph](${picture})

| group | what | self time | µs/event |
|---|---|---|---|
${groups.join('\n')}

| function | where | group | self time | µs/event |
|---|---|---|---|---|
${functions.join('\n')}`
}
