/** A profile as V8's inspector gives it (Profiler.stop), as far as it is used here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
    readonly children?: readonly number[]
  }[]
  readonly samples: readonly number[]
  /** µs from each sample to the next. */
  readonly timeDeltas: readonly number[]
}

/** A function in the place from which it was called; what it and those that it called took. */
export interface CallNode {
  readonly name: string
  /** File URL, `node:…`, or empty for what is native. */
  readonly url: string
  selfMicroseconds: number
  totalMicroseconds: number
  readonly children: CallNode[]
}

const PROBE = '/bench/measure/runtime-probe.ts'

/** The tree of calls with their times; calls of one function from the same place are one node. Time in which nothing ran, and the probe's own, are left out. */
export function callTree({ nodes, samples, timeDeltas }: CpuProfile): CallNode {
  const self = new Map<number, number>()
  samples.forEach((id, i) => void self.set(id, (self.get(id) ?? 0) + (timeDeltas[i + 1] ?? 0)))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const merge = (ids: readonly number[], into: CallNode): void => {
    for (const id of ids) {
      const node = byId.get(id)
      if (node === undefined) continue
      const { functionName, url } = node.callFrame
      if (functionName === '(idle)' || url.endsWith(PROBE)) continue
      const name = functionName === '' ? '(anonymous)' : functionName
      let child = into.children.find((one) => one.name === name && one.url === url)
      if (child === undefined) {
        child = { name, url, selfMicroseconds: 0, totalMicroseconds: 0, children: [] }
        into.children.push(child)
      }
      child.selfMicroseconds += self.get(id) ?? 0
      merge(node.children ?? [], child)
    }
  }
  const root: CallNode = { name: 'all', url: '', selfMicroseconds: 0, totalMicroseconds: 0, children: [] }
  merge(nodes[0]?.children ?? [], root)
  addUp(root)
  return root
}

function addUp(node: CallNode): number {
  for (const child of node.children) addUp(child)
  node.totalMicroseconds =
    node.selfMicroseconds + node.children.reduce((sum, child) => sum + child.totalMicroseconds, 0)
  node.children.sort((a, b) => b.totalMicroseconds - a.totalMicroseconds)
  return node.totalMicroseconds
}
