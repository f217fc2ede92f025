/** Everything that a run has said, and what must not be in it. */
export interface Planted {
  /** Something was said: a log, an answer, an output. */
  saw(where: string, text: string | Buffer): void
  /** Where something of a secret stands, with its name; not the secret. */
  finds(): readonly string[]
  readonly bytes: number
  readonly places: ReadonlyMap<string, number>
}

/** Of a secret, so many characters in a row are as bad as the whole. */
const FRAGMENT = 12

export function createPlanted(secrets: Readonly<Record<string, string>>): Planted {
  const needles = Object.entries(secrets).flatMap(([name, secret]) =>
    [...needlesOf(secret)].map(([needle, form]) => ({ name, form, needle })),
  )
  const seen: { readonly where: string; readonly text: string }[] = []
  return {
    // Byte for byte, so that what is no UTF-8 can be searched too.
    saw: (where, text) => void seen.push({ where, text: Buffer.from(text).toString('latin1') }),
    finds: () =>
      seen.flatMap(({ where, text }) =>
        needles
          .filter(({ needle }) => text.includes(needle))
          .map(({ name, form }) => `${name} ${form} in ${where}`),
      ),
    get bytes() {
      return seen.reduce((sum, { text }) => sum + text.length, 0)
    },
    get places() {
      const places = new Map<string, number>()
      for (const { where, text } of seen) places.set(where, (places.get(where) ?? 0) + text.length)
      return places
    },
  }
}

/** Every piece of a secret in every way in which it may be written, as bytes in latin1, and which that is. */
export function needlesOf(secret: string): ReadonlyMap<string, string> {
  const needles = new Map<string, string>()
  const add = (form: string, text: string) => {
    for (let at = 0; at + FRAGMENT <= text.length; at += FRAGMENT / 3)
      needles.set(text.slice(at, at + FRAGMENT), form)
    needles.set(text.slice(-FRAGMENT), form)
  }
  const bytes = Buffer.from(secret)
  const json = JSON.stringify(secret).slice(1, -1)
  add('as it is', bytes.toString('latin1'))
  add('as JSON', Buffer.from(json).toString('latin1'))
  add('as JSON in JSON', Buffer.from(JSON.stringify(json).slice(1, -1)).toString('latin1'))
  add(
    'as JSON in ASCII',
    json.replaceAll(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
  add('in a URL', encodeURIComponent(secret))
  add('in a form', new URLSearchParams({ x: secret }).toString().slice(2))
  add('in hex', bytes.toString('hex'))
  // In the middle of something longer, base64 looks otherwise at each of three places; its ends depend on the neighbours.
  for (const before of [0, 1, 2]) {
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.concat([Buffer.alloc(before), bytes])
        .toString(encoding)
        .replace(/=+$/, '')
      add('in base64', text.slice(before === 0 ? 0 : 4, -2))
    }
  }
  return needles
}
