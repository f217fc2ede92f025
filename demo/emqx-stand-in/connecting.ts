import { randomUUID } from 'node:crypto'
import type { AedesOptions, AuthenticateError, Client } from 'aedes'
import { type Connection, createConnection } from './connection.ts'
import { isAtLeast } from './contract.ts'
import type { StandInParts } from './parts.ts'
import { verdictOf } from './valued-reply.ts'

/** CONNACK return code 5, not authorized: the only value of aedes's const enum that is needed here. */
const NOT_AUTHORIZED = Object.assign(new Error('not authorized'), { returnCode: 5 }) as AuthenticateError

/**
 * CONNECT and the end of a connection: client.connect, client.authenticate, session.created or resumed,
 * client.connected, client.connack, all before the CONNACK; client.disconnected and the session's end afterwards.
 */
export function createConnecting(parts: StandInParts) {
  const { hooks, table, counters, config } = parts

  const preConnect: NonNullable<AedesOptions['preConnect']> = (client, packet, callback) => {
    if (!packet.clientId) packet.clientId = randomUUID()
    const connection = createConnection(config.node, client, packet)
    table.add(client, connection)
    connection.queue.run(async () => {
      await hooks.call('client.connect', connection.clientid, { conninfo: connection.conninfo })
      callback(null, true)
    })
  }

  const authenticate: NonNullable<AedesOptions['authenticate']> = (client, _username, password, done) => {
    const connection = table.of(client)
    if (connection === undefined) return done(NOT_AUTHORIZED, null)
    connection.queue.run(async () => {
      if (!(await isAllowed(connection, password))) {
        await connack(connection, 'not_authorized')
        return done(NOT_AUTHORIZED, null)
      }
      if (client.closed) return // gone meanwhile: EMQX would have stopped here too
      await openSession(connection)
      await lifeHook('client.connected', connection)
      await connack(connection, 'success')
      done(null, true)
      // aedes tells the end only of clients it has registered.
      if (client.closed) await endConnection(client, connection)
    })
  }

  async function isAllowed(connection: Connection, password: Buffer | undefined): Promise<boolean> {
    const clientinfo = { ...connection.clientinfo, password: password?.toString() ?? '' }
    const end = await hooks.call('client.authenticate', connection.clientid, { clientinfo, result: false })
    if (end === undefined) return true
    if (end.outcome !== 'succeeded' && config.failedAction === 'deny') return false
    const verdict = verdictOf(end, counters)
    // Up to 5.8 a chain that nobody decided refuses the client; 5.9 lets it in when there is no authenticator.
    return verdict.kind === 'bool' ? verdict.allow : isAtLeast(config.version, 5, 9)
  }

  async function openSession(connection: Connection): Promise<void> {
    const before = table.takeOver(connection)
    if (before.live !== undefined) before.live.endReason = connection.clean ? 'discarded' : 'takenover'
    else if (before.stored && connection.clean) await lifeHook('session.discarded', connection)
    const resumed = before.stored && !connection.clean
    await lifeHook(resumed ? 'session.resumed' : 'session.created', connection)
  }

  async function endConnection(client: Client, connection: Connection): Promise<void> {
    const ownEnd = (client as { _disconnected?: boolean })._disconnected === true ? 'normal' : 'tcp_closed'
    const reason = connection.endReason ?? ownEnd
    table.release(connection)
    const { clientid, clientinfo } = connection
    await hooks.call('client.disconnected', clientid, { clientinfo, reason })
    if (reason === 'takenover' || reason === 'discarded') await lifeHook(`session.${reason}`, connection)
    else if (connection.clean) await hooks.call('session.terminated', clientid, { clientinfo, reason })
  }

  function lifeHook(hook: string, { clientid, clientinfo }: Connection) {
    return hooks.call(hook, clientid, { clientinfo })
  }

  function connack({ clientid, conninfo }: Connection, resultCode: string) {
    return hooks.call('client.connack', clientid, { conninfo, result_code: resultCode })
  }

  return {
    preConnect,
    authenticate,
    onKeepaliveTimeout(client: Client) {
      const connection = table.of(client)
      if (connection !== undefined) connection.endReason ??= 'keepalive_timeout'
    },
    onDisconnect(client: Client) {
      const connection = table.of(client)
      connection?.queue.run(() => endConnection(client, connection))
    },
  }
}
