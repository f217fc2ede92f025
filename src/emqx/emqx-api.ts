import { EmqxApiError } from './api-error.ts'
import { createRequestJson } from './http-json.ts'
import {
  type Provider,
  type ProviderBody,
  type RegisteredHook,
  readHooks,
  readList,
  readProvider,
} from './provider.ts'

export interface EmqxApiConfig {
  /** Where EMQX's dashboard listens: `http://emqx:18083`. */
  readonly url: string
  readonly key: string
  readonly secret: string
  /** For a question; default 10 s. */
  readonly timeoutMs?: number
  /** For a change, which EMQX answers once it has loaded the provider or failed to; default 30 s. */
  readonly writeTimeoutMs?: number
}

/** A node of the cluster and its version, as `5.8.9`. */
export interface EmqxNode {
  readonly node: string
  readonly version: string
}

/** The part of EMQX's REST API that is about ExHook. Everything throws EmqxApiError, and nothing else. */
export interface EmqxApi {
  /** In the order in which EMQX calls them. */
  list(): Promise<readonly Provider[]>
  get(name: string): Promise<Provider>
  /** The hooks and their counts of all nodes. */
  hooks(name: string): Promise<readonly RegisteredHook[]>
  create(body: ProviderBody): Promise<void>
  /** Replaces the whole body; EMQX unloads and loads the provider, also when nothing is different. */
  update(name: string, body: ProviderBody): Promise<void>
  /** Puts a provider before all others. */
  moveToFront(name: string): Promise<void>
  nodes(): Promise<readonly EmqxNode[]>
}

/** Far more than EMQX ever says about its providers. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024

/** `signal` ends what is under way. */
export function createEmqxApi(config: EmqxApiConfig, signal?: AbortSignal): EmqxApi {
  const request = createRequestJson({
    baseUrl: config.url.replace(/(\/api\/v5)?\/*$/, ''),
    key: config.key,
    secret: config.secret,
    timeoutMs: config.timeoutMs ?? 10_000,
    writeTimeoutMs: config.writeTimeoutMs ?? 30_000,
    maxBytes: MAX_ANSWER_BYTES,
  })
  const ask = (path: string) => request({ method: 'GET', path: `/api/v5${path}`, signal })
  const tell = async (method: 'POST' | 'PUT', path: string, body: object) => {
    await request({ method, path: `/api/v5${path}`, body, signal })
  }
  const pathOf = (name: string) => `/exhooks/${encodeURIComponent(name)}`

  return {
    async list() {
      try {
        return readList(await ask('/exhooks'), 'list of providers').map(readProvider)
      } catch (error) {
        if (!(error instanceof EmqxApiError) || error.kind !== 'not-found') throw error
        throw new EmqxApiError(
          'not-emqx',
          `${error.message}: there is no ExHook API, which EMQX has from 5.0 on`,
        )
      }
    },
    get: async (name) => readProvider(await ask(pathOf(name))),
    hooks: async (name) => readHooks(await ask(`${pathOf(name)}/hooks`)),
    create: (body) => tell('POST', '/exhooks', body),
    update: (name, body) => tell('PUT', pathOf(name), body),
    moveToFront: (name) => tell('POST', `${pathOf(name)}/move`, { position: 'front' }),
    nodes: async () =>
      readList(await ask('/nodes'), 'list of nodes').map(({ node, version }) => ({
        node: String(node ?? ''),
        version: String(version ?? ''),
      })),
  }
}
