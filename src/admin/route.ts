/** What is answered to a request. */
export interface Page {
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** Beside those that every answer has. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What a page is told of the request for it. */
export interface Asked {
  /** The request's header of that name, empty without one. */
  readonly accept: string
  /** Whoever asks may see everything; on a guarded page always. */
  readonly trusted: boolean
  /** The JSON that a POST came with; undefined: none. */
  readonly body: unknown
}

/** Makes a page. May throw; the answer then says only that. */
export type PageMaker = (asked: Asked) => Page | Promise<Page>

/**
 * A path and who may have it. It has to be said of each: `open` pages are for everybody who reaches the port, and give neither
 * details nor do they act; `guarded` ones are made only for whom the guard lets in. There is no other way to a page.
 */
export type Route =
  | {
      readonly access: 'open'
      readonly get: PageMaker
      /** The page shows more to whom the guard would let in. */
      readonly moreIfTrusted?: true
    }
  | {
      readonly access: 'guarded'
      readonly get?: PageMaker
      /** Acts. */
      readonly post?: PageMaker
    }

/** By the path, to the letter. */
export type Routes = ReadonlyMap<string, Route>

const JSON_TYPE = 'application/json'

export const textPage = (status: number, body: string, headers: Page['headers'] = {}): Page => ({
  status,
  contentType: 'text/plain; charset=utf-8',
  body,
  headers,
})

export const jsonPage = (status: number, value: unknown): Page => ({
  status,
  contentType: JSON_TYPE,
  body: `${JSON.stringify(value)}\n`,
})

export const wantsJson = ({ accept }: Asked): boolean => accept.includes(JSON_TYPE)

/** The methods that a route answers. */
export const methodsOf = (route: Route): readonly string[] => [
  ...(route.get === undefined ? [] : ['GET', 'HEAD']),
  ...(route.access === 'guarded' && route.post !== undefined ? ['POST'] : []),
]
