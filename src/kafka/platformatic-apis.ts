import {
  initProducerIdV1,
  initProducerIdV2,
  initProducerIdV3,
  initProducerIdV4,
  initProducerIdV5,
  metadataV4,
  metadataV5,
  metadataV6,
  metadataV7,
  metadataV8,
  metadataV9,
  metadataV10,
  metadataV11,
  metadataV12,
  produceV3,
  produceV4,
  produceV5,
  produceV6,
  produceV7,
  produceV8,
  produceV9,
  produceV10,
  produceV11,
} from '@platformatic/kafka'

/** The requests that the driver makes, each in versions that the library speaks, the newest first. */
const PRODUCE = [
  produceV11,
  produceV10,
  produceV9,
  produceV8,
  produceV7,
  produceV6,
  produceV5,
  produceV4,
  produceV3,
]
const METADATA = [
  metadataV12,
  metadataV11,
  metadataV10,
  metadataV9,
  metadataV8,
  metadataV7,
  metadataV6,
  metadataV5,
  metadataV4,
].map(({ api }) => api as typeof metadataV12.api)
const INIT_PRODUCER_ID = [
  initProducerIdV5,
  initProducerIdV4,
  initProducerIdV3,
  initProducerIdV2,
  initProducerIdV1,
].map(({ api }) => api as typeof initProducerIdV5.api)

export type ProduceApi = (typeof PRODUCE)[number]

/** The requests in the versions to speak with one broker. */
export interface Apis {
  readonly produce: ProduceApi
  readonly metadata: typeof metadataV12.api
  readonly initProducerId: typeof initProducerIdV5.api
}

interface Range {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/** The newest versions that both sides speak. Throws where the broker is too old, or too new, for one of them. */
export function chooseApis(spoken: readonly Range[]): Apis {
  return {
    produce: newestOf(PRODUCE, ({ api }) => api, spoken),
    metadata: newestOf(METADATA, itself, spoken),
    initProducerId: newestOf(INIT_PRODUCER_ID, itself, spoken),
  }
}

interface Api {
  readonly key: number
  readonly version: number
}

const itself = <T>(api: T): T => api

function newestOf<T>(candidates: readonly T[], apiOf: (candidate: T) => Api, spoken: readonly Range[]): T {
  const found = candidates.find((candidate) => {
    const { key, version } = apiOf(candidate)
    const range = spoken.find(({ apiKey }) => apiKey === key)
    return range !== undefined && version >= range.minVersion && version <= range.maxVersion
  })
  if (found === undefined) throw new UnsupportedBrokerError(candidates.map(apiOf)[0]?.key ?? -1)
  return found
}

/** Sorted as the cluster's own fault (`platformatic-errors.ts`). */
class UnsupportedBrokerError extends Error {
  readonly code = 'PLT_KFK_UNSUPPORTED_API'

  constructor(apiKey: number) {
    super(`the broker and this client have no version of request ${apiKey} in common`)
  }
}
