import { type Contract, methodOf } from '../events/contract.ts'
import { createDecodeEvent } from '../events/decode-event.ts'
import type { HookEvent } from '../events/hook-event.ts'
import { createRedactRequest } from '../events/redact-request.ts'
import { MalformedRequestError } from '../events/wire-reader.ts'
import { HOOKS, type HookPoint } from '../hooks.ts'
import type { TrialEvent, WrittenEvent } from '../rules/rule-tests/written-event.ts'
import { DEFAULT_TIME_MS, defaultOf } from './default-fields.ts'

/** A hook call as the rules of the server would see it. */
export interface HookCall {
  readonly event: HookEvent
  /** Its bytes as far as they may leave the program: what the format `protobuf` writes. */
  readonly getRequest: () => Buffer
}

/** null: a recorded call whose bytes are none of its hook. */
export type MakeHookCall = (event: TrialEvent) => HookCall | null

/**
 * Makes a hook call of an event: what a person wrote is put into the contract's own request, what EMQX sent is taken as it is,
 * and both are decoded as the server does it. So nothing stands between a trial and the server but gRPC.
 */
export function createMakeHookCall(contract: Contract): MakeHookCall {
  const decode = createDecodeEvent(contract)
  const redact = createRedactRequest(contract)
  return (trial) => {
    const { hook } = trial
    const body = trial.kind === 'recorded' ? trial.request : requestOf(contract, trial)
    const time = trial.kind === 'recorded' ? trial.receivedAtMs : trial.fields.get('timestamp')
    try {
      const event = decode(hook, body, Number(time ?? DEFAULT_TIME_MS))
      return { event, getRequest: () => redact(hook, body) }
    } catch (error) {
      if (error instanceof MalformedRequestError) return null
      throw error
    }
  }
}

/** Every part that some request has; each takes what is its own. */
function requestOf(contract: Contract, written: WrittenEvent): Buffer {
  const { hook, fields, topics, props, userProps } = written
  const get = (name: string) => fields.get(name) ?? alias(written, name) ?? defaultOf(hook, name)
  const [topic = ''] = topics
  const node = get('node')
  const subopts = { qos: get('qos'), rh: get('rh'), rap: get('rap'), nl: get('nl') }
  const request = {
    meta: { node, version: '', sysdescr: '', cluster_name: '' },
    clientinfo: {
      ...pick(get, 'clientid', 'username', 'peerhost', 'sockport', 'protocol', 'mountpoint', 'cn', 'dn'),
      ...pick(get, 'is_superuser', 'peerport'),
      node,
      anonymous: get('is_anonymous'),
    },
    conninfo: {
      ...pick(get, 'clientid', 'username', 'peerhost', 'sockport', 'proto_name', 'proto_ver', 'keepalive'),
      ...pick(get, 'peerport'),
      node,
    },
    message: messageOf(written, get),
    topic,
    topic_filters: topics.map((name) => ({ name, qos: subopts.qos, subopts })),
    subopts,
    props,
    user_props: userProps,
    result_code: get('reason_code'),
    reason: get('reason'),
    type: String(get('action')).toUpperCase(),
    result: get('result'),
  }
  return methodOf(contract, 'v3', HOOKS.get(hook)?.rpc ?? '').requestSerialize(request)
}

const isReceipt = (hook: HookPoint): boolean => hook === 'message.delivered' || hook === 'message.acked'

/** The publisher has two names: of a receipt `from` and `from_clientid`, else `from` and `clientid`. */
function alias({ hook, fields }: WrittenEvent, name: string): string | number | boolean | undefined {
  if (isReceipt(hook)) return name === 'from' ? fields.get('from_clientid') : undefined
  return name === 'clientid' ? fields.get('from') : undefined
}

type Get = (name: string) => string | number | boolean | undefined

/** The publisher is the client, but for the hooks of a receiver, whose user name and address are its own. */
function messageOf({ hook, fields, topics, payload }: WrittenEvent, get: Get): object {
  const receipt = isReceipt(hook)
  const headers = {
    username: get(receipt ? 'from_username' : 'username'),
    peerhost: receipt ? undefined : get('peerhost'),
    protocol: get('protocol'),
  }
  return {
    ...pick(get, 'node', 'id', 'qos'),
    from: get(receipt ? 'from' : 'clientid'),
    topic: topics[0],
    payload: payload ?? Buffer.alloc(0),
    timestamp: fields.get('publish_received_at') ?? get('timestamp'),
    headers: Object.fromEntries(
      Object.entries(headers).filter(([, value]) => value !== undefined && value !== ''),
    ),
  }
}

const pick = (get: Get, ...names: readonly string[]): object =>
  Object.fromEntries(names.map((name) => [name, get(name)]))
