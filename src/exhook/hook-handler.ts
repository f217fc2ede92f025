import type { Logger } from 'pino'
import type { HookFiltersMode } from '../config/config.ts'
import type { Contract } from '../events/contract.ts'
import { createDecodeEvent } from '../events/decode-event.ts'
import type { HookEvent } from '../events/hook-event.ts'
import { createPeekTopic } from '../events/peek-topic.ts'
import { createRedactRequest } from '../events/redact-request.ts'
import { MalformedRequestError } from '../events/wire-reader.ts'
import type { ContractVersion, HookPoint, RpcRow } from '../hooks.ts'
import type { OfferOptions, OfferOutcome, RecordIntake, SettledPolicy } from '../queue/record-queue.ts'
import type { KafkaRecord } from '../rules/kafka-record.ts'
import { combinePolicies, type Policy } from '../rules/policy.ts'
import type { GetRequest } from '../rules/rule-input.ts'
import type { RuleSet } from '../rules/rule-set.ts'
import { ALONE, type Surroundings } from '../rules/surroundings.ts'
import type { Ledger, RefusalReason } from '../telemetry/ledger.ts'
import { createRareLog } from '../telemetry/rare-log.ts'
import { faultOf } from '../text/fault.ts'
import { freeNow } from './free-now.ts'
import { createProviderCalls, type ProviderLoad } from './provider-calls.ts'
import { createNormalReplies, createRejection, type HookReply, REFUSALS, type Refusal } from './replies.ts'
import type { ReceptionRefusal } from './request-reception.ts'

/**
 * Handles one call: the request's bytes in, the reply out. Never throws, and calls `reply` exactly once: before it
 * returns, unless the event has to wait for room in the queue.
 * `deadlineMs`: when EMQX stops waiting, in ms since 1970; Infinity when it does not say.
 *
 * Returns null when nothing of the body is held any more: its bytes may be used for something else. Otherwise the message
 * is held until the reply, which may have to send it back, and the function returned lets go of it before: when nobody
 * is left to answer.
 */
export type HandleCall = (body: Buffer, deadlineMs: number, reply: (reply: HookReply) => void) => LetGo | null

export type LetGo = () => void

/** The seam between the transports and the walk of an event: no gRPC type crosses it. */
export interface HookHandler {
  /** The handler of an RPC; a transport asks for it once, when it is built. */
  rpc(row: RpcRow, version: ContractVersion): HandleCall
  /** A call of this RPC is refused before its request is there: counts it, and returns the answer. */
  refuse(row: RpcRow, reason: ReceptionRefusal): Refusal
}

export interface HookHandlerConfig {
  /** A reply that waits for room goes out this long before EMQX's deadline. */
  readonly replyMarginMs: number
}

export interface HookHandlerDeps {
  readonly contract: Contract
  /** The rules now in force. */
  readonly rules: () => RuleSet
  readonly intake: RecordIntake
  readonly ledger: Ledger
  readonly log: Logger
  /** What rules need of the program; default: no dead letters and no limits. */
  readonly surroundings?: Omit<Surroundings, 'onDropped'>
  /** The queue has decided on an event. */
  readonly onOutcome?: (outcome: OfferOutcome) => void
  /** A hook call was answered, this many seconds after it arrived. */
  readonly onReply?: (hook: HookPoint, seconds: number) => void
  /** What EMQX is asked for; default: exact. */
  readonly filters?: HookFiltersMode
  /** An EMQX node loaded this provider. */
  readonly onLoaded?: (load: ProviderLoad) => void
  /** An EMQX node let go of it. */
  readonly onUnloaded?: (node: string) => void
}

/** EMQX's own default of request_timeout, for a call that tells no deadline. */
const ASSUMED_TIMEOUT_MS = 5000
/** Faults that could come with every message are logged at most this often. */
const FAULT_LOG_EVERY_MS = 10_000

export function createHookHandler(config: HookHandlerConfig, deps: HookHandlerDeps): HookHandler {
  const { contract, ledger } = deps
  const decodeEvent = createDecodeEvent(contract)
  const peekTopic = createPeekTopic(contract)
  const normalReplies = createNormalReplies(contract)
  const rejection = createRejection(contract)
  const providerCalls = createProviderCalls(deps)
  const redactRequest = createRedactRequest(contract)
  const logFault = createRareLog(deps.log, FAULT_LOG_EVERY_MS)
  /** Records that the rules gave up while the present event was applied to them. */
  let givenUp = 0
  const surroundings: Surroundings = {
    ...(deps.surroundings ?? ALONE),
    onDropped(_rule, reason) {
      givenUp++
      ledger.recordsTaken(1)
      ledger.recordsDropped(1, reason)
    },
  }

  function hookRpc(hook: HookPoint, row: RpcRow, normal: HookReply): HandleCall {
    const hasOneTopic = row.topic === 'message' || row.topic === 'request'

    /** Most of what no rule wants is told by the hook or by the topic alone, and is never decoded. */
    function mayMatch(rules: RuleSet, body: Buffer): boolean {
      if (!rules.interests.has(hook)) return false
      return !hasOneTopic || rules.match(hook, peekTopic(hook, body)).length > 0
    }

    function walk(call: OpenCall, body: Buffer, deadlineMs: number): LetGo | null {
      const receivedAtMs = Date.now()
      const rules = deps.rules()
      const event = mayMatch(rules, body) ? decodeEvent(hook, body, receivedAtMs) : null
      if (event === null) {
        end(call, normal, 'unmatched')
        return null
      }
      givenUp = 0
      const records = rules.apply(event, requestGetter(body), surroundings)
      if (records.length === 0) {
        end(call, normal, givenUp > 0 ? 'matched' : 'unmatched')
        return null
      }
      const options = offerOptions(records, event, deadlineMs, config.replyMarginMs)
      // A call that waits keeps its message only if it may have to send it back.
      const mayReject = options.policy.onTimeout === 'reject' || options.policy.overflow === 'reject'
      let rejectable = mayReject ? withOwnPayload(event) : null
      deps.intake.offer(records, options, (outcome) => {
        deps.onOutcome?.(outcome)
        // None of them is in the queue.
        if (outcome === 'overloaded' || outcome === 'dropped') for (const { value } of records) freeNow(value)
        if (outcome === 'overloaded') end(call, REFUSALS.overloaded, 'overloaded')
        else end(call, outcome === 'rejected' && rejectable ? rejection(rejectable) : normal, 'matched')
      })
      if (rejectable !== null && !call.ended) {
        return () => {
          rejectable = null
        }
      }
      // Records hold no view of the request: see Format.
      return null
    }

    /** By itself, since what it holds would be held by every other function made in `walk`, for as long as a call waits. */
    function requestGetter(body: Buffer): GetRequest {
      return () => redactRequest(hook, body)
    }

    /** Only the first end of a call counts. */
    function end(call: OpenCall, reply: HookReply, how: CallEnd): void {
      if (call.ended) return
      call.ended = true
      count(ledger, how)
      try {
        call.reply(reply)
        deps.onReply?.(hook, (performance.now() - call.startedAt) / 1000)
      } catch (error) {
        logInternal(row, error)
      }
    }

    return (body, deadlineMs, reply) => {
      const call: OpenCall = { startedAt: performance.now(), reply, ended: false }
      try {
        return walk(call, body, deadlineMs)
      } catch (error) {
        const reason = reasonOf(row, error)
        end(call, REFUSALS[reason], reason)
        return null
      }
    }
  }

  function providerRpc(row: RpcRow, answer: (body: Buffer) => HookReply): HandleCall {
    return (body, _deadlineMs, reply) => {
      let result: HookReply
      try {
        result = answer(body)
      } catch (error) {
        result = REFUSALS[reasonOf(row, error)]
      }
      reply(result)
      return null
    }
  }

  function reasonOf(row: RpcRow, error: unknown): 'malformed' | 'internal' {
    if (!(error instanceof MalformedRequestError)) {
      logInternal(row, error)
      return 'internal'
    }
    logFault(row.rpc, 'warn', { rpc: row.rpc }, `EMQX sent a malformed ${row.rpc}: ${error.message}`)
    return 'malformed'
  }

  function logInternal(row: RpcRow, error: unknown): void {
    const { error: name, at } = faultOf(error)
    logFault(
      `internal ${row.rpc}`,
      'error',
      { rpc: row.rpc, error: name, at },
      `a call of ${row.rpc} failed: ${name}`,
    )
  }

  return {
    rpc(row, version) {
      if (row.hook !== null) {
        return hookRpc(row.hook as HookPoint, row, normalReplies[row.reply === 'valued' ? 'valued' : 'empty'])
      }
      if (row.reply === 'loaded') {
        return providerRpc(row, (body) => ({ body: providerCalls.loaded(version, body) }))
      }
      return providerRpc(row, (body) => {
        providerCalls.unloaded(version, body)
        return normalReplies.empty
      })
    },
    refuse(row, reason) {
      if (row.hook !== null) ledger.callRefused(reason === 'compressed' ? 'malformed' : reason)
      const message = `a call of ${row.rpc} was refused before it was read: ${REFUSALS[reason].message}`
      if (reason !== 'overloaded') logFault(`${reason} ${row.rpc}`, 'warn', { rpc: row.rpc, reason }, message)
      return REFUSALS[reason]
    },
  }
}

/** A hook call that is not answered yet, or no more. */
interface OpenCall {
  readonly startedAt: number
  readonly reply: (reply: HookReply) => void
  ended: boolean
}

type CallEnd = 'matched' | 'unmatched' | RefusalReason

function count(ledger: Ledger, how: CallEnd): void {
  if (how === 'matched') ledger.callMatched()
  else if (how === 'unmatched') ledger.callUnmatched()
  else ledger.callRefused(how)
}

/** What holds for the event, and how long its call may wait: until the margin before EMQX stops waiting. */
function offerOptions(
  records: readonly KafkaRecord[],
  event: HookEvent,
  deadlineMs: number,
  replyMarginMs: number,
): OfferOptions {
  const [first] = records
  const policy =
    records.length === 1 && first ? first.policy : combinePolicies(records.map((record) => record.policy))
  const budgetMs = deadlineMs === Number.POSITIVE_INFINITY ? ASSUMED_TIMEOUT_MS : deadlineMs - Date.now()
  return { policy: settled(policy, event), waitMs: budgetMs - replyMarginMs }
}

/** By default a message of QoS 1 or 2 waits for room, and everything else does not. */
function settled(policy: Policy, event: HookEvent): SettledPolicy {
  const { overflow } = policy
  if (overflow !== 'by-qos') return { ...policy, overflow }
  const waits = 'message' in event && event.message.qos > 0
  return { ...policy, overflow: waits ? 'wait' : 'drop-newest' }
}

/** The event without its request: the payload is a view of the bytes that came, often with much that came beside it. */
function withOwnPayload(event: HookEvent): HookEvent {
  if (!('message' in event)) return event
  const { payload } = event.message
  if (payload.buffer.byteLength < 2 * payload.length) return event
  return { ...event, message: { ...event.message, payload: Buffer.from(payload) } }
}
