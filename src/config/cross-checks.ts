import type { Config } from './config.ts'
import { KAFKA_CHECKS } from './kafka-checks.ts'
import { formatBytes } from './sizes.ts'
import { TLS_CHECKS } from './tls-checks.ts'

/** The files of the queue on disk are at least 1 MiB each, and some are there at any time. */
const MIN_DISK_BYTES = 16 * 1024 * 1024

/** A rule between options that are right each by itself. */
export interface CrossCheck {
  /** The options it looks at; the first that the user set gets the blame. */
  readonly paths: readonly string[]
  /** What is wrong and the fix; undefined when all is well. */
  readonly find: (config: Config) => string | undefined
}

export const CROSS_CHECKS: readonly CrossCheck[] = [
  ...TLS_CHECKS,
  {
    paths: ['http.port', 'grpc.port', 'http.host', 'grpc.host'],
    find: ({ grpc, http }) =>
      grpc.port === http.port && grpc.port !== 0 && grpc.host === http.host
        ? `grpc and http cannot both listen on ${http.host}, port ${http.port}; choose another port for one`
        : undefined,
  },
  {
    paths: ['queue.unhealthy_lane_share', 'queue.lane_share'],
    find: ({ queue }) =>
      queue.unhealthyLaneShare > queue.laneShare
        ? `queue.unhealthy_lane_share (${queue.unhealthyLaneShare}) is more than queue.lane_share ` +
          `(${queue.laneShare}): a refused topic would get more room than a good one`
        : undefined,
  },
  {
    paths: ['queue.disk.max_bytes', 'queue.disk.path'],
    find: ({ queue: { disk } }) =>
      disk.path !== null && disk.maxBytes < MIN_DISK_BYTES
        ? `queue.disk.max_bytes (${formatBytes(disk.maxBytes)}) is too little to work with: give it at least ` +
          formatBytes(MIN_DISK_BYTES)
        : undefined,
  },
  ...KAFKA_CHECKS,
  {
    paths: ['emqx.api_key', 'emqx.api_secret'],
    find: ({ emqx }) =>
      (emqx.apiKey === null) === (emqx.apiSecret === null)
        ? undefined
        : `${emqx.apiKey === null ? 'emqx.api_key' : 'emqx.api_secret'} is missing: an API key of EMQX and its ` +
          'secret go together (EXHOOK_EMQX_API_KEY and EXHOOK_EMQX_API_SECRET, or …_FILE)',
  },
]
