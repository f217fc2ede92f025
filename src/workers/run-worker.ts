import type { HttpServer } from '../admin/http-server.ts'
import type { App, AppPart } from '../app.ts'
import { createHandedConnections } from './handed-listener.ts'
import type { Begin, PrimaryLink, Question, WorkerPages } from './messages.ts'

/** One worker, from the primary's word on. */
export interface Worker {
  /** Stops as the primary would have it: drains, tells its last account. Resolves with the number of lost records. Safe twice. */
  stop(): Promise<number>
}

export interface WorkerDeps {
  /** Makes the program; may throw, which the primary is told. */
  readonly build: (part: AppPart) => App
  /** The worker has ended in good order, or could not start: the process is to end. */
  readonly onEnd: (exitCode: number) => void
  /** How often the primary is told the account, in ms. Default: 1,000. */
  readonly accountMs?: number
}

const ACCOUNT_MS = 1000

/** Runs a worker's part of the program, led by the primary; without it, it stops. */
export async function runWorker(begin: Begin, link: PrimaryLink, deps: WorkerDeps): Promise<Worker | null> {
  const connections = createHandedConnections(() => void link.send({ kind: 'closed' }))
  let pages: WorkerPages | undefined
  let app: App
  try {
    app = deps.build({
      index: begin.index,
      count: begin.count,
      listener: connections.makeListener,
      serve(its) {
        pages = its
        return NO_HTTP
      },
      tell: (news) => void link.send({ kind: 'news', news }),
      onRules: ({ configs, digest }) => void link.send({ kind: 'rules', rules: { configs, digest } }),
    })
  } catch (error) {
    return await failed(error)
  }

  async function failed(error: unknown): Promise<null> {
    await link.send({ kind: 'failed', error: error instanceof Error ? error.message : String(error) })
    deps.onEnd(1)
    return null
  }

  async function tellAccount(): Promise<void> {
    const now = await pages?.collect()
    if (now !== undefined) await link.send({ kind: 'account', account: now })
  }

  const answers: { readonly [Q in Question]: () => unknown } = {
    readiness: () => pages?.readiness(),
    status: () => pages?.status(),
    account: () => pages?.collect(),
    reload: () => pages?.reload(),
  }

  async function answer(id: number, what: Question): Promise<void> {
    const value = await Promise.resolve()
      .then(answers[what])
      .catch(() => null)
    await link.send({ kind: 'answer', id, value: value ?? null })
  }

  let stopping: Promise<number> | undefined
  function stop(): Promise<number> {
    stopping ??= end()
    return stopping
  }

  async function end(): Promise<number> {
    const lost = await app.stop()
    clearInterval(timer)
    await tellAccount()
    await link.send({ kind: 'stopped', lost })
    return lost
  }

  link.onMessage((message, connection) => {
    if (message.kind === 'connection') {
      // It may have been closed on its way.
      if (connection === undefined) void link.send({ kind: 'closed' })
      else connections.take(connection)
    } else if (message.kind === 'ask') void answer(message.id, message.what)
    else if (message.kind === 'news') app.hear(message.news)
    else if (message.kind === 'stop') void stop().then(() => deps.onEnd(0))
  })
  link.onGone(() => void stop().then(() => deps.onEnd(0)))

  const timer = setInterval(() => void tellAccount(), deps.accountMs ?? ACCOUNT_MS)
  timer.unref()
  for (const news of begin.news) app.hear(news)
  try {
    await app.start()
  } catch (error) {
    return await failed(error)
  }
  await tellAccount()
  await link.send({ kind: 'started' })
  return { stop }
}

/** The primary serves HTTP. */
const NO_HTTP: HttpServer = {
  start: () => Promise.resolve({ port: 0 }),
  stop: () => Promise.resolve(),
}
