import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readBody } from './provider-body.ts'
import type { ProviderRegistry } from './provider-registry.ts'
import type { RegisteredProvider } from './registered-provider.ts'

export interface RestApiConfig {
  /** Default: 0, a free one; always on 127.0.0.1. */
  readonly port?: number
  /** The only API key there is. */
  readonly key: string
  readonly secret: string
}

/** EMQX's name of itself, and its version. */
export interface RestApiNode {
  readonly node: string
  readonly version: string
}

export interface RestApi {
  start(): Promise<void>
  /** `http://127.0.0.1:<port>`. Only once it was started. */
  readonly url: string
  stop(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly body?: unknown
}

const NO_SUCH: Answer = { status: 404, body: { code: 'NOT_FOUND', message: 'Server not found' } }
const refusal = (message: string): Answer => ({ status: 400, body: { code: 'BAD_REQUEST', message } })

/**
 * The part of EMQX's REST API that is about ExHook, and the list of nodes, of a cluster of one node. Rates are always 0, roles
 * of keys are not imitated. What is asked outside the API is answered with a page, as the dashboard does.
 */
export function createRestApi(config: RestApiConfig, own: RestApiNode, registry: ProviderRegistry): RestApi {
  const authorization = `Basic ${Buffer.from(`${config.key}:${config.secret}`).toString('base64')}`

  function view(provider: RegisteredProvider) {
    const hooks = provider.hooks.map(({ name, topics }) => ({ name, params: paramsOf(name, topics) }))
    const metrics = sum(provider)
    return {
      ...provider.stored,
      hooks,
      metrics,
      node_metrics: [{ node: own.node, metrics }],
      node_status: [{ node: own.node, status: provider.status }],
    }
  }

  function hooksOf(provider: RegisteredProvider) {
    return provider.hooks.map(({ name, topics }) => {
      const metrics = { ...provider.counts(name), rate: 0, max_rate: 0 }
      return { name, params: paramsOf(name, topics), metrics, node_metrics: [{ node: own.node, metrics }] }
    })
  }

  async function answer(method: string, path: readonly string[], body: unknown): Promise<Answer> {
    const [root, name = '', verb] = path
    const route = `${method} ${root}${name === '' ? '' : '/{name}'}${verb === undefined ? '' : `/${verb}`}`
    const provider = registry.find(name)
    switch (route) {
      case 'GET nodes':
        return { status: 200, body: [{ ...own, node_status: 'running' }] }
      case 'GET exhooks':
        return { status: 200, body: registry.list().map(view) }
      case 'POST exhooks':
        return create(body)
      case 'GET exhooks/{name}':
        return provider ? { status: 200, body: view(provider) } : NO_SUCH
      case 'PUT exhooks/{name}':
        return provider ? replace(name, body) : NO_SUCH
      case 'DELETE exhooks/{name}':
        if (provider === undefined) return NO_SUCH
        await registry.remove(name)
        return { status: 204 }
      case 'GET exhooks/{name}/hooks':
        return provider ? { status: 200, body: hooksOf(provider) } : refusal('Server not found')
      case 'POST exhooks/{name}/move': {
        if (provider === undefined) return NO_SUCH
        const { position } = (body ?? {}) as { readonly position?: unknown }
        return registry.move(name, String(position)) ? { status: 204 } : refusal('Invalid Position')
      }
      default:
        return { status: 404, body: { code: 'API_NOT_EXIST', message: 'Request Path Not Found' } }
    }
  }

  async function create(body: unknown): Promise<Answer> {
    const stored = readBody(body, registry.certificates)
    if ('refused' in stored) return refusal(stored.refused)
    if (registry.find(stored.name)) return refusal('Already exists')
    await registry.add(stored)
    return answer('GET', ['exhooks', stored.name], undefined)
  }

  async function replace(name: string, body: unknown): Promise<Answer> {
    const stored = readBody(body, registry.certificates)
    if ('refused' in stored) return refusal(stored.refused)
    if (stored.name !== name) return refusal('Bad Arguments: not_found')
    await registry.replace(stored)
    return answer('GET', ['exhooks', name], undefined)
  }

  async function answerTo(request: IncomingMessage): Promise<Answer | 'page'> {
    const { pathname } = new URL(request.url ?? '/', 'http://emqx')
    if (!pathname.startsWith('/api/v5/')) return 'page'
    if (request.headers.authorization !== authorization) {
      return { status: 401, body: { code: 'BAD_API_KEY_OR_SECRET', message: 'Check api_key/api_secret' } }
    }
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const path = pathname.slice('/api/v5/'.length).split('/').map(decodeURIComponent)
    try {
      const text = Buffer.concat(chunks).toString()
      return await answer(request.method ?? '', path, text === '' ? undefined : JSON.parse(text))
    } catch {
      return refusal('Invalid json message')
    }
  }

  const server: Server = createServer((request, response) => {
    void answerTo(request).then((given) => {
      if (given === 'page') {
        response
          .writeHead(200, { 'content-type': 'text/html' })
          .end('<!doctype html><title>Dashboard</title>')
        return
      }
      response.writeHead(given.status, { 'content-type': 'application/json' })
      response.end(given.body === undefined ? '' : JSON.stringify(given.body))
    })
  })

  return {
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(config.port ?? 0, '127.0.0.1', resolve)
      }),
    get url() {
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Filters are kept for the hooks of messages only. */
function paramsOf(name: string, topics: readonly string[]): object {
  return /^message\.(publish|delivered|acked|dropped)$/.test(name) ? { topics } : {}
}

function sum(provider: RegisteredProvider) {
  const counts = provider.hooks.map(({ name }) => provider.counts(name))
  const of = (field: 'succeed' | 'failed') => counts.reduce((total, count) => total + count[field], 0)
  return { succeed: of('succeed'), failed: of('failed'), rate: 0, max_rate: 0 }
}
