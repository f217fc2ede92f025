import { suggestion } from '../text/did-you-mean.ts'
import { quoted } from '../text/quoted.ts'
import type { Mistake } from './config-error.ts'
import { ENV_PREFIX, OPTION_LIST } from './option-list.ts'
import { type Layer, mistakeAt, type Setting } from './setting.ts'

/** Environment variables as Node gives them. */
export type Env = Readonly<Record<string, string | undefined>>

/** Names the configuration file, as `--config` does. */
export const CONFIG_ENV = `${ENV_PREFIX}CONFIG`

/** Read by the tests, not by the program. */
const TEST_PREFIX = `${ENV_PREFIX}TEST_`

const OPTION_BY_ENV = new Map(OPTION_LIST.map((option) => [option.env, option]))

export interface EnvironmentLayer extends Layer {
  readonly configPath: string | undefined
}

/**
 * What the environment says. A variable that begins with `EXHOOK_` and is none of ours is a mistake, so that a typo
 * does not pass in silence. An empty variable counts as not set, as Compose's `${VAR:-}` means it.
 */
export function readEnvironment(env: Env): EnvironmentLayer {
  const settings: Setting[] = []
  const mistakes: Mistake[] = []
  for (const [name, text = ''] of Object.entries(env)) {
    if (!name.startsWith(ENV_PREFIX) || name === CONFIG_ENV || name.startsWith(TEST_PREFIX)) continue
    const option = OPTION_BY_ENV.get(name)
    if (option === undefined) {
      if (isServiceLink(name, text)) continue
      const known = [...OPTION_BY_ENV.keys(), CONFIG_ENV]
      mistakes.push({ message: `${quoted(name)} is no variable of ours${suggestion(name, known)}` })
    } else if (text !== '') {
      const place = { kind: 'env', name } as const
      if (text.includes('\0')) mistakes.push(mistakeAt(place, undefined, 'holds a NUL character'))
      else settings.push({ option, text, place })
    }
  }
  return { settings, mistakes, configPath: env[CONFIG_ENV] || undefined }
}

/**
 * Kubernetes gives each pod variables for the Services around it: a Service `exhook-x` makes `EXHOOK_X_PORT`,
 * `EXHOOK_X_SERVICE_HOST` and so on. Nobody typed those.
 */
function isServiceLink(name: string, text: string): boolean {
  return (
    /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/.test(name) ||
    /_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text))
  )
}
