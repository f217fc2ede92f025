import { loadContract, methodOf } from '../src/events/contract.ts'
import { createDecodeEvent } from '../src/events/decode-event.ts'
import { createRedactRequest } from '../src/events/redact-request.ts'
import { HOOKS, type HookPoint } from '../src/hooks.ts'
import { FORMAT_NAMES, type FormatName } from '../src/rules/formats/format-names.ts'
import type { KafkaRecord } from '../src/rules/kafka-record.ts'
import { parseRules } from '../src/rules/load-rules.ts'
import { utf8Text } from '../src/text/utf8.ts'

const CLIENT = {
  ...{ node: 'emqx@10.0.1.5', clientid: '10083618796833171', username: 'lock', password: 's3cret' },
  ...{ peerhost: '10.0.0.2', peerport: 51000, sockport: 8883, protocol: 'mqtt', anonymous: false },
  ...{ cn: '10083618796833171', dn: 'CN=10083618796833171,O=Locks' },
}
const META = { node: 'emqx@10.0.1.5', version: '5.9.0', sysdescr: 'EMQX', cluster_name: 'emqxcl' }

/** A hook call of each family, as EMQX sends it. */
const CALLS: readonly { readonly family: string; readonly hook: HookPoint; readonly request: object }[] = [
  {
    family: 'a message',
    hook: 'message.publish',
    request: {
      message: {
        ...{ node: 'emqx@10.0.1.5', id: '0005F9D5B2A0C1D2F445000001230000', qos: 1 },
        ...{ from: '10083618796833171', topic: 'devices/10083618796833171/state' },
        payload: Buffer.from('{"battery":83.4}'),
        timestamp: 1_574_753_026_260,
        headers: { username: 'lock', peerhost: '10.0.0.2', protocol: 'mqtt' },
      },
      meta: META,
      props: [{ name: 'Content-Type', value: 'application/json' }],
      user_props: [{ name: 'region', value: 'eu' }],
    },
  },
  { family: 'a client', hook: 'client.connected', request: { clientinfo: CLIENT, meta: META } },
  { family: 'a session', hook: 'session.created', request: { clientinfo: CLIENT, meta: META } },
  {
    family: 'a subscription',
    hook: 'session.subscribed',
    request: {
      clientinfo: CLIENT,
      topic: '$share/doors/devices/+/command',
      subopts: { qos: 1, rh: 0, rap: 0, nl: 0 },
      meta: META,
    },
  },
]

const RECEIVED_AT_MS = 1_574_753_026_269
/** Stands for the random ids. */
const SOME_ID = '0b9cf2b7-7b9c-4f3e-9a44-6a3f6e0b1c2d'

const BEGIN = (format: FormatName) => `<!-- examples of ${format}: made by \`npm run docs\` -->`
const END = '<!-- /examples -->'

/** The page with the examples of each format as they should be. Throws when the place for one is gone. */
export function withFormatExamples(page: string): string {
  return FORMAT_NAMES.reduce((text, format) => {
    const begin = text.indexOf(BEGIN(format))
    const end = text.indexOf(END, begin)
    if (begin < 0 || end < begin) throw new Error(`docs/formats.md has lost the place of ${format}`)
    return `${text.slice(0, begin + BEGIN(format).length)}\n\n${examplesOf(format)}\n${text.slice(end)}`
  }, page)
}

function examplesOf(format: FormatName): string {
  const contract = loadContract()
  const decode = createDecodeEvent(contract)
  const redact = createRedactRequest(contract)
  return CALLS.flatMap(({ family, hook, request }) => {
    if (format === 'payload' && HOOKS.get(hook)?.topic !== 'message') return []
    const rules = parseRules(`rules: [{hook: ${hook}, topic: t, format: ${format}}]`, 'docs')
    const body = methodOf(contract, 'v3', HOOKS.get(hook)?.rpc ?? '').requestSerialize(request)
    const [record] = rules.apply(decode(hook, body, RECEIVED_AT_MS), () => redact(hook, body))
    return record === undefined ? [] : [`\`${hook}\`, ${family}:\n\n\`\`\`\n${shown(record)}\n\`\`\`\n`]
  }).join('\n')
}

function shown({ headers, value }: KafkaRecord): string {
  const lines = Object.entries(headers).map(
    ([name, text]) => `${name}: ${text.replace(/^[0-9a-f-]{36}$/, SOME_ID)}`,
  )
  const text = utf8Text(value)
  const isText = text !== null && !/[\p{Cc}]/u.test(text)
  return [...lines, '', isText ? text : `(${value.length} bytes) ${value.toString('base64')}`].join('\n')
}
