import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Attack, OPENING } from './attack.ts'

/** What an attacker did, and what was done to it. */
export interface AttackResult {
  /** What the attack counts. */
  readonly sent: number
  readonly bytes: number
  /** Connections that were opened. */
  readonly opened: number
  /** Of these, those that the server closed. */
  readonly closed: number
  /** The most that were open at one time. */
  readonly most: number
}

/** Who was cut comes back so soon. */
const AGAIN_MS = 20

/** Attacks the port until `end`, all connections at once. Tells the first connection that is open, and that is closed. */
export async function attack(
  port: number,
  attack: Attack,
  end: Promise<unknown>,
  tell: (what: 'opened' | 'closed') => void,
): Promise<AttackResult> {
  const result = { sent: 0, bytes: 0, opened: 0, closed: 0, most: 0 }
  const open = new Set<Socket>()
  let over = false

  async function keepAttacking(): Promise<void> {
    while (!over) {
      await once()
      if (!over) await sleep(AGAIN_MS)
    }
  }

  /** One connection, to its end. */
  function once(): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      socket.on('error', () => {})
      socket.once('connect', () => {
        if (over) {
          socket.destroy()
          return
        }
        if (++result.opened === 1) tell('opened')
        open.add(socket)
        result.most = Math.max(result.most, open.size)
        if (attack.reads !== false) socket.resume()
        socket.write(attack.opening ?? OPENING)
        if (attack.ends) socket.end()
        else pump(socket)
      })
      // A connection that never reads would not see the server's end.
      socket.once('end', () => socket.destroy())
      socket.once('close', () => {
        if (open.delete(socket) && !over && ++result.closed === 1) tell('closed')
        resolve()
      })
    })
  }

  function pump(socket: Socket): void {
    const next = attack.sender()
    let turn = 0
    const send = (): void => {
      if (over || socket.destroyed) return
      const chunk = next(turn++)
      if (chunk === null) return
      result.sent += chunk.count
      result.bytes += chunk.bytes.length
      const more = socket.write(chunk.bytes)
      if (attack.everyMs !== undefined) setTimeout(send, attack.everyMs)
      else if (more) setImmediate(send)
      else socket.once('drain', send)
    }
    send()
  }

  const all = Array.from({ length: attack.connections ?? 1 }, keepAttacking)
  await end
  over = true
  for (const socket of open) socket.destroy()
  await Promise.all(all)
  return result
}
