import { fileURLToPath } from 'node:url'
import { loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

/** Which version of the ExHook contract is spoken: v2 by EMQX 5.0 – 5.8, v3 by 5.9 and later. */
export type Contract = 'v2' | 'v3'

/** The hook points this stand-in knows; EMQX refuses to load a provider that names another. */
const KNOWN_HOOKS = [
  'client.connect',
  'client.connack',
  'client.connected',
  'client.disconnected',
  'client.authenticate',
  'client.authorize',
  'client.subscribe',
  'client.unsubscribe',
  'session.created',
  'session.subscribed',
  'session.unsubscribed',
  'session.resumed',
  'session.discarded',
  'session.takenover',
  'session.terminated',
  'message.publish',
  'message.delivered',
  'message.acked',
  'message.dropped',
]

/** The hook points that EMQX of this version knows. */
export function knownHooks(version: string): ReadonlySet<string> {
  return new Set(isAtLeast(version, 6, 3) ? [...KNOWN_HOOKS, 'message.ingress'] : KNOWN_HOOKS)
}

/** Whether `version`, e.g. `5.8.9`, is `major.minor` or later. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}

/** `message.publish` is called by `OnMessagePublish`, and so are they all. */
export function rpcOf(hook: string): string {
  return `On${hook
    .split('.')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('')}`
}

/** The client class of `emqx.exhook.<contract>.HookProvider`; its fields are named as in the proto. */
export function hookProviderClient(contract: Contract): ServiceClientConstructor {
  const proto = fileURLToPath(new URL(`../../protos/exhook_${contract}.proto`, import.meta.url))
  const root = loadPackageDefinition(
    loadSync(proto, { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true }),
  )
  let node: unknown = root
  for (const name of ['emqx', 'exhook', contract, 'HookProvider']) {
    node = (node as Record<string, unknown> | undefined)?.[name]
  }
  if (typeof node !== 'function')
    throw new Error(`${proto} has no service emqx.exhook.${contract}.HookProvider`)
  return node as ServiceClientConstructor
}
