import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createFileWatch, type FileWatchConfig } from '../../src/reload/file-watch.ts'
import { digestOf } from '../../src/reload/load-fitted-rules.ts'
import { configMapVolume, ruleDirectory, temporaryFolder } from './rule-directory.ts'

/** What a started watch has told so far; `null` for a file that cannot be read. Only the system's word counts unless a test polls. */
function watched(path: string, known: string, config: Partial<FileWatchConfig> = {}) {
  const told: (string | null)[] = []
  const watch = createFileWatch(
    { path, digest: digestOf(Buffer.from(known)), settleMs: 20, pollMs: 1e6, unwatchedPollMs: 20, ...config },
    {
      onSettled({ read }) {
        try {
          told.push(Buffer.from(read()).toString())
        } catch {
          told.push(null)
        }
      },
    },
  )
  onTestFinished(() => watch.stop())
  watch.start()
  return { told, watch, until: (texts: readonly (string | null)[]) => untilTold(told, texts) }
}

const untilTold = (told: readonly (string | null)[], texts: readonly (string | null)[]) =>
  expect.poll(() => told, { timeout: 10_000, interval: 5 }).toEqual(texts)

describe('a change is told', () => {
  it.each(['write', 'writeInTwoSteps', 'renameOver', 'backUpAndWrite'] as const)('%s', async (way) => {
    const on = ruleDirectory('one')
    const { until } = watched(on.path, 'one')
    on[way]('two: something longer than before')
    await until(['two: something longer than before'])
    on[way]('three')
    await until(['two: something longer than before', 'three'])
  })

  it('when the kubelet swaps the symlink of a ConfigMap', async () => {
    const volume = configMapVolume('one')
    const { until } = watched(volume.path, 'one')
    volume.swap('two')
    await until(['two'])
    volume.swap('three')
    await until(['two', 'three'])
  })

  it('that came before the watch began', async () => {
    const on = ruleDirectory('two')
    await watched(on.path, 'one').until(['two'])
  })

  it('when the file goes and comes back', async () => {
    const on = ruleDirectory('one')
    const { until } = watched(on.path, 'one')
    on.remove()
    await until([null])
    on.write('one')
    await until([null, 'one'])
  })

  it('when the directory goes and comes back, more than once', async () => {
    const on = ruleDirectory('one')
    const { until } = watched(on.path, 'one')
    on.removeFolder()
    await until([null])
    on.write('two')
    await until([null, 'two'])
    on.removeFolder()
    await until([null, 'two', null])
    on.write('two')
    await until([null, 'two', null, 'two'])
    on.renameOver('three')
    await until([null, 'two', null, 'two', 'three'])
  })

  it('when the directory is replaced by another of the same name', async () => {
    const on = ruleDirectory('one')
    const { until } = watched(on.path, 'one')
    renameSync(on.folder, `${on.folder}.old`)
    on.write('two')
    await until(['two'])
    on.write('three')
    await until(['two', 'three'])
  })

  it('when it is written in place where a symlink leads to, also after the symlink was swapped', async () => {
    const first = ruleDirectory('one')
    const second = ruleDirectory('two')
    const path = join(temporaryFolder(), 'rules.yaml')
    symlinkSync(first.path, path)
    const { until } = watched(path, 'one')
    first.write('one and a half')
    await until(['one and a half'])
    symlinkSync(second.path, `${path}.new`)
    renameSync(`${path}.new`, path)
    await until(['one and a half', 'two'])
    second.renameOver('three')
    await until(['one and a half', 'two', 'three'])
    second.write('four')
    await until(['one and a half', 'two', 'three', 'four'])
  })

  it('when it is written in place below the symlink of a ConfigMap, before and after a swap', async () => {
    const volume = configMapVolume('one')
    const { until } = watched(volume.path, 'one')
    writeFileSync(volume.path, 'two')
    await until(['two'])
    volume.swap('three')
    await until(['two', 'three'])
    writeFileSync(volume.path, 'four')
    await until(['two', 'three', 'four'])
  })

  it('when a symlink that led nowhere leads somewhere', async () => {
    const elsewhere = ruleDirectory('one')
    const path = join(temporaryFolder(), 'rules.yaml')
    symlinkSync(elsewhere.path, path)
    elsewhere.removeFolder()
    const { until } = watched(path, 'one')
    await until([null])
    elsewhere.write('two')
    await until([null, 'two'])
  })

  it('where the system tells nothing: a symlink to a file elsewhere', async () => {
    const elsewhere = ruleDirectory('one')
    const path = join(temporaryFolder(), 'rules.yaml')
    symlinkSync(elsewhere.path, path)
    const { until } = watched(path, 'one', { pollMs: 20 })
    elsewhere.write('two')
    await until(['two'])
  })
})

describe('nothing is told', () => {
  it('of contents that do not last', async () => {
    const on = ruleDirectory('one')
    const { until } = watched(on.path, 'one', { settleMs: 50 })
    for (let i = 0; i < 200; i++) {
      on.write(`burst ${i}`)
      if (i % 20 === 0) await sleep(1)
    }
    on.write('the last')
    await until(['the last'])
  })

  it('of contents that are the same, or other files', async () => {
    const on = ruleDirectory('one')
    const { told, until } = watched(on.path, 'one')
    on.write('one')
    on.renameOver('one')
    writeFileSync(join(on.folder, 'other.yaml'), 'two')
    mkdirSync(join(on.folder, 'sub'))
    on.write('three')
    await until(['three'])
    expect(told).toEqual(['three'])
  })

  it('after the stop', async () => {
    const on = ruleDirectory('one')
    const { told, watch } = watched(on.path, 'one')
    watch.stop()
    on.write('two')
    const other = watched(on.path, 'one')
    await other.until(['two'])
    watch.stop()
    expect(told).toEqual([])
  })
})

it('tells the same contents when it is asked to', async () => {
  const on = ruleDirectory('one')
  const { watch, until } = watched(on.path, 'one')
  watch.look()
  await until(['one'])
  watch.look()
  await until(['one', 'one'])
})

it('is not held up by a directory in which others write all the time', async () => {
  const on = ruleDirectory('one')
  const { told } = watched(on.path, 'one')
  on.write('two')
  const end = performance.now() + 5000
  while (told.length === 0 && performance.now() < end) {
    writeFileSync(join(on.folder, 'log'), 'x', { flag: 'a' })
    await sleep(1)
  }
  expect(told).toEqual(['two'])
})
