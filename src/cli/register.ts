import { isIP } from 'node:net'
import { ConfigError, type Mistake, wordMistake } from '../config/config-error.ts'
import { isHost } from '../config/hosts.ts'
import { type ConfigSources, loadConfig } from '../config/load-config.ts'
import { tryRead } from '../config/values.ts'
import { adviceOn, adviceOnError } from '../emqx/advice.ts'
import { EmqxApiError } from '../emqx/api-error.ts'
import { durationMs } from '../emqx/duration.ts'
import { createEmqxApi, type EmqxApiConfig } from '../emqx/emqx-api.ts'
import { type RegisterOptions, registerProvider } from '../emqx/register-provider.ts'
import { serverUrlProblem } from '../emqx/server-url.ts'
import type { PemFile, WantedProvider } from '../emqx/wanted-provider.ts'
import { quoted } from '../text/quoted.ts'
import { REGISTER_HELP } from './emqx-help.ts'
import { tellMistakes } from './mistakes.ts'
import { registrationJson, registrationText } from './register-report.ts'
import type { CommandOutput } from './stream-output.ts'
import { type CommandSpec, type CommandWords, countOf, readWords } from './words.ts'

/** What the process gives to the command. */
export interface RegisterDeps extends Pick<ConfigSources, 'env' | 'readFile'> {
  readonly out: CommandOutput
  readonly err: CommandOutput
  /** Ends the command. */
  readonly signal: AbortSignal
}

const SPEC: CommandSpec = {
  values: [
    ...['url', 'request-timeout', 'auto-reconnect', 'pool-size', 'wait'],
    ...['ssl-ca-file', 'ssl-cert-file', 'ssl-key-file', 'ssl-server-name'],
  ],
  switches: ['dry-run', 'json', 'first'],
  words: [],
  sections: ['emqx', 'log'],
  aliases: { emqx: 'emqx-api-url', name: 'emqx-provider-name' },
}

const DEFAULT_WAIT_S = 15
const MAX_WAIT_S = 600
const POLL_MS = 500

/** Everything that was said, and nothing wrong with it. */
interface Understood {
  readonly api: EmqxApiConfig
  readonly wanted: WantedProvider
  readonly options: RegisterOptions
  readonly json: boolean
}

/**
 * `register`. `words` are those after the name of the command. Returns the exit code: 0 when EMQX has it and every node is
 * connected, 1 when EMQX did not do it, 3 when a node is not connected, else as `exitCodeOf`.
 */
export async function runRegister(words: readonly string[], deps: RegisterDeps): Promise<number> {
  if (words.some((word) => word === '--help' || word === '-h')) {
    await deps.out.print(REGISTER_HELP)
    return 0
  }
  const read = readWords(words, SPEC)
  let understood: Understood
  try {
    understood = understand(read, deps)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return tellMistakes(error.mistakes, { command: 'register', words, help: REGISTER_HELP }, deps.err)
  }
  const { api, wanted, options, json } = understood
  const subject = { name: wanted.name, url: wanted.url, emqxUrl: api.url }
  try {
    const registration = await registerProvider(createEmqxApi(api, deps.signal), wanted, options, deps.signal)
    const warnings = adviceOn(registration, subject)
    if (json) await deps.out.print(`${registrationJson(registration, warnings, subject)}\n`)
    else {
      await deps.out.print(registrationText(registration, subject))
      await deps.err.print(warnings.map((warning) => `warning: ${warning}\n`).join(''))
    }
    const connected = registration.nodes.every(({ status }) => status === 'connected')
    return options.dryRun || connected ? 0 : 3
  } catch (error) {
    if (!(error instanceof EmqxApiError)) throw error
    const advice = adviceOnError(error, 'register')
    await deps.err.print(`EMQX: ${error.message}\n${advice === '' ? '' : `${advice}\n`}`)
    return 1
  }
}

/** @throws ConfigError with every mistake of the words, the configuration and the files at once. */
function understand(
  { values, switches, rest, mistakes: ofWords }: CommandWords,
  deps: RegisterDeps,
): Understood {
  const mistakes: Mistake[] = [...ofWords]
  const { aliases: flagAliases = {} } = SPEC
  const emqx = emqxSection({ argv: rest, flagAliases, env: deps.env, readFile: deps.readFile }, mistakes)
  const { url } = values
  const urlProblem = url === undefined ? null : serverUrlProblem(url)
  if (url === undefined)
    mistakes.push(
      wordMistake('--url is missing: where EMQX reaches this server, as http://exhook-kafka:9000'),
    )
  else if (urlProblem !== null) mistakes.push({ message: `--url: ${urlProblem}` })
  const pems = pemFiles(values, deps, mistakes)
  const serverName = serverNameOf(values, mistakes)
  if (url?.startsWith('http:') && [...Object.values(pems), serverName].some((one) => one !== null))
    mistakes.push({
      message: '--ssl-…: is of no use with --url=http://…; write https://, or leave it out',
    })
  if ((pems.cert === null) !== (pems.key === null))
    mistakes.push({ message: '--ssl-cert-file and --ssl-key-file go together' })
  const poolSize = countOf(values, 'pool-size', mistakes)
  const waitS = countOf(values, 'wait', mistakes, 0)
  const requestTimeout = duration(values, 'request-timeout', mistakes)
  const autoReconnect = duration(values, 'auto-reconnect', mistakes)
  if (mistakes.length > 0 || emqx === null || url === undefined) throw new ConfigError(mistakes)
  return {
    api: { url: emqx.apiUrl, key: emqx.apiKey, secret: emqx.apiSecret },
    wanted: {
      name: emqx.providerName,
      url: url.replace(/\/$/, ''),
      requestTimeout,
      autoReconnect,
      poolSize: Number.isFinite(poolSize) ? poolSize : 8,
      ...pems,
      serverName,
    },
    options: {
      first: switches.has('first'),
      dryRun: switches.has('dry-run'),
      waitMs: 1000 * (Number.isFinite(waitS) ? Math.min(waitS, MAX_WAIT_S) : DEFAULT_WAIT_S),
      pollMs: POLL_MS,
    },
    json: switches.has('json'),
  }
}

/** The section `emqx` with all that is needed of it; null after a mistake. */
function emqxSection(sources: ConfigSources, mistakes: Mistake[]) {
  try {
    const { apiUrl, apiKey, apiSecret, providerName } = loadConfig(sources).emqx
    if (apiUrl === null)
      mistakes.push(
        wordMistake(
          "--emqx is missing (or emqx.api_url, EXHOOK_EMQX_API_URL): where EMQX's dashboard listens, as http://emqx:18083",
        ),
      )
    if (apiKey === null || apiSecret === null)
      mistakes.push({
        message:
          'an API key of EMQX is missing: set EXHOOK_EMQX_API_KEY and EXHOOK_EMQX_API_SECRET, or name files by …_KEY_FILE and …_SECRET_FILE',
      })
    if (apiUrl === null || apiKey === null || apiSecret === null) return null
    return { apiUrl: apiUrl.replace(/\/+$/, ''), apiKey, apiSecret, providerName }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    mistakes.push(...error.mistakes)
    return null
  }
}

function pemFiles(
  values: CommandWords['values'],
  { readFile }: RegisterDeps,
  mistakes: Mistake[],
): Readonly<Record<'ca' | 'cert' | 'key', PemFile | null>> {
  const read = (part: 'ca' | 'cert' | 'key'): PemFile | null => {
    const path = values[`ssl-${part}-file`]
    if (path === undefined) return null
    const { text, failure } = tryRead(readFile, path)
    if (text?.includes('-----BEGIN ')) return { path, text }
    mistakes.push({ message: `--ssl-${part}-file: ${failure ?? 'the file is no PEM file'}` })
    return null
  }
  return { ca: read('ca'), cert: read('cert'), key: read('key') }
}

/** `disable` is EMQX's word for no check of names at all. */
function serverNameOf(values: CommandWords['values'], mistakes: Mistake[]): string | null {
  const name = values['ssl-server-name']
  if (name === undefined) return null
  if (!isHost(name) || isIP(name) !== 0 || name === 'disable')
    mistakes.push({ message: `--ssl-server-name: must be a host name, not ${quoted(name)}` })
  return name
}

function duration(values: CommandWords['values'], name: string, mistakes: Mistake[]): string {
  const text = values[name] ?? '5s'
  const ms = durationMs(text)
  if (ms === undefined || ms < 1)
    mistakes.push({ message: `--${name}: must be a duration like 5s or 500ms, not ${quoted(text)}` })
  return text
}
