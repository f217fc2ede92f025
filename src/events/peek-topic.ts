import { HOOKS, type HookPoint, type RpcRow } from '../hooks.ts'
import { type Contract, type MessageDescriptor, requestTypeOf } from './contract.ts'
import { WIRE, WireReader } from './wire-reader.ts'

/**
 * Finds the topic of a hook whose topic is in its message or in the request itself, and reads nothing else; '' when
 * there is none. The same topic as decodeEvent's: of fields given twice the last one wins.
 * It checks only what it walks over: a body that it accepts can still be malformed elsewhere. Throws
 * MalformedRequestError, and an Error for a hook that has no one topic.
 */
export type PeekTopic = (hook: HookPoint, body: Buffer) => string

/** Tags that lead to the topic: first the message's, if it is in one, then the topic's own. */
interface Path {
  readonly messageTag: number | null
  readonly topicTag: number
}

export function createPeekTopic(contract: Contract): PeekTopic {
  const paths = new Map<HookPoint, Path>()
  for (const [hook, row] of HOOKS) {
    const path = pathOf(contract, row)
    if (path !== null) paths.set(hook, path)
  }
  const reader = new WireReader()
  return (hook, body) => {
    const path = paths.get(hook)
    if (path === undefined) throw new Error(`${hook} has no one topic`)
    reader.open(body)
    try {
      return path.messageTag === null
        ? lastString(reader, path.topicTag, '')
        : lastStringWithin(reader, path.messageTag, path.topicTag)
    } finally {
      reader.close()
    }
  }
}

/** The last text under `tag` up to the reader's end, or `found`. */
function lastString(reader: WireReader, tag: number, found: string): string {
  let topic = found
  while (reader.pos < reader.end) {
    const next = reader.tag()
    if (next === tag) topic = reader.string()
    else reader.skip(next & 7)
  }
  return topic
}

/** The last text under `tag` in the messages under `messageTag`, which protobuf merges into one. */
function lastStringWithin(reader: WireReader, messageTag: number, tag: number): string {
  let topic = ''
  while (reader.pos < reader.end) {
    const next = reader.tag()
    if (next !== messageTag) {
      reader.skip(next & 7)
      continue
    }
    const outerEnd = reader.end
    reader.end = reader.lengthEnd()
    topic = lastString(reader, tag, topic)
    reader.end = outerEnd
  }
  return topic
}

function pathOf(contract: Contract, row: RpcRow): Path | null {
  const request = requestTypeOf(contract, row.rpc)
  if (row.topic === 'request') return { messageTag: null, topicTag: tagOf(request, 'topic') }
  if (row.topic !== 'message') return null
  const message = contract.types.get('Message') as MessageDescriptor
  return { messageTag: tagOf(request, 'message'), topicTag: tagOf(message, 'topic') }
}

function tagOf(type: MessageDescriptor, name: string): number {
  const field = type.field.find((candidate) => candidate.name === name)
  if (field === undefined) throw new Error(`${type.name} has no field ${name}`)
  return (field.number << 3) | WIRE.bytes
}
