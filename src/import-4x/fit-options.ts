import { OPTION_LIST } from '../config/option-list.ts'
import type { ImportedOption } from './bridge-setting.ts'
import { type Finding, problem, warning } from './finding.ts'

export interface FittedOptions {
  /** `serve` takes them, as soon as the files that they name and the password are there, which a warning tells. */
  readonly options: readonly ImportedOption[]
  readonly findings: readonly Finding[]
  /** Lines of whose option nothing was made. */
  readonly dropped: ReadonlySet<number>
}

/** Leaves out, or adds to, what `serve` would not take together: EMQX 4.x did not mind. One option for each path. */
export function fitOptions(
  options: readonly ImportedOption[],
  { hasPassword }: { readonly hasPassword: boolean },
): FittedOptions {
  const kept = new Map(options.map((option) => [option.path, option]))
  const findings: Finding[] = []
  const dropped = new Set<number>()
  function drop(path: string, finding: (line: number, text: string) => Finding, why: string): void {
    const option = kept.get(path)
    if (option === undefined) return
    kept.delete(path)
    dropped.add(option.line)
    findings.push(finding(option.line, `${path} is left out: ${why}`))
  }

  for (const { path, value } of options) {
    if (!isTaken(path, value)) drop(path, problem, 'serve does not take the value, set it by hand')
  }
  fitTls(kept, drop)
  fitLogin(kept, drop)
  const mechanism = kept.get('kafka.sasl.mechanism')
  if (mechanism !== undefined && mechanism.value !== 'none' && !hasPassword)
    findings.push(warning(mechanism.line, PASSWORD))
  const brokers = kept.get('kafka.brokers')
  if (Array.isArray(brokers?.value) && brokers.value.some((broker) => broker.startsWith('['))) {
    kept.set('kafka.driver', { line: brokers.line, path: 'kafka.driver', value: 'platformatic' })
    findings.push(warning(brokers.line, IPV6))
  }
  return { options: [...kept.values()], findings, dropped }
}

type Drop = (path: string, finding: typeof problem, why: string) => void
type Kept = ReadonlyMap<string, ImportedOption>

function fitTls(kept: Kept, drop: Drop): void {
  const [ca, cert, key] = ['kafka.tls_ca_file', 'kafka.tls_cert_file', 'kafka.tls_key_file'] as const
  if (kept.get('kafka.tls')?.value !== true)
    for (const path of [ca, cert, key])
      drop(path, warning, 'ssl is not on there; where Kafka speaks TLS, set it with `kafka.tls: true`')
  else if (kept.has(cert) !== kept.has(key))
    for (const path of [cert, key])
      drop(path, problem, 'a client certificate and its private key go together, set both by hand')
}

function fitLogin(kept: Kept, drop: Drop): void {
  const [mechanism, username] = ['kafka.sasl.mechanism', 'kafka.sasl.username'] as const
  const how = kept.get(mechanism)?.value
  if (how === undefined)
    drop(username, problem, 'there is no sasl.mechanism, set kafka.sasl.mechanism and the user name by hand')
  else if (how === 'none') drop(username, warning, 'sasl.mechanism is none, so nobody logs in')
  else if (!kept.has(username))
    drop(mechanism, problem, 'there is no sasl.username, set both and the password by hand')
}

function isTaken(path: string, value: ImportedOption['value']): boolean {
  const option = OPTION_LIST.find((one) => one.path === path)
  return option?.format.parse(Array.isArray(value) ? value.join(',') : String(value)) !== undefined
}

const PASSWORD =
  'there is no sasl.password: put it into EXHOOK_KAFKA_SASL_PASSWORD, or a file by kafka.sasl.password_file'
const IPV6 =
  'kafka.driver is platformatic, as kafkajs cannot take IPv6 addresses; with host names instead, leave kafka.driver out'
