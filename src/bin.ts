#!/usr/bin/env node
// Only this file may run on an old Node: it says so before anything newer is loaded.
const OLDEST_MAJOR = 24
const major = Number(process.versions.node.split('.')[0])
if (major < OLDEST_MAJOR) {
  process.stderr.write(
    `exhook-kafka needs Node.js ${OLDEST_MAJOR} or newer; this is ${process.versions.node}.\n`,
  )
  process.exit(1)
}
const { main } = await import('./main.ts')
await main()
