import { callFields, encodeFrame, FLAG, FRAME, literals, SETTING, settings } from '../http2-frames.ts'
import { type Attack, HOOK_PATH, OPENING, repeat } from './attack.ts'

const ping = encodeFrame(FRAME.ping, 0, 0, Buffer.alloc(8))
const windowUpdate = encodeFrame(FRAME.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1]))
const priority = encodeFrame(FRAME.priority, 0, 3, Buffer.from([0, 0, 0, 1, 16]))
const continuation = encodeFrame(
  FRAME.continuation,
  0,
  1,
  literals(Array.from({ length: 100 }, (_, i) => [`x-${i}`, 'y'] as const)),
)
/** A call that has begun: its headers, and the start of a message of 16 MiB. */
const begun = Buffer.concat([
  OPENING,
  encodeFrame(FRAME.headers, FLAG.endHeaders, 1, literals(callFields(HOOK_PATH))),
  encodeFrame(FRAME.data, 0, 1, Buffer.from([0, 1, 0, 0, 0])),
])

/** Frames that are no calls, as many as the connection takes. */
export const FRAME_ATTACKS: readonly Attack[] = [
  { name: 'ping', cutFor: 'protocol', what: 'PING frames, the answers read', sender: repeat(ping) },
  {
    name: 'ping-unread',
    cutFor: 'protocol',
    what: 'PING frames, the answers never read',
    reads: false,
    sender: repeat(ping),
  },
  {
    name: 'settings',
    cutFor: 'protocol',
    what: 'SETTINGS frames, the answers read',
    sender: repeat(settings()),
  },
  {
    name: 'settings-unread',
    cutFor: 'protocol',
    what: 'SETTINGS frames, the answers never read',
    reads: false,
    sender: repeat(settings({ [SETTING.initialWindowSize]: 65_535 })),
  },
  { name: 'window-update', cutFor: 'flood', what: 'WINDOW_UPDATE frames', sender: repeat(windowUpdate) },
  { name: 'priority', cutFor: 'protocol', what: 'PRIORITY frames', sender: repeat(priority) },
  {
    name: 'unknown-frames',
    cutFor: 'protocol',
    what: 'frames of no known type',
    sender: repeat(encodeFrame(0xee, 0, 0)),
  },
  {
    name: 'continuation',
    cutFor: 'protocol',
    what: 'CONTINUATION frames of one header block without end',
    opening: Buffer.concat([OPENING, encodeFrame(FRAME.headers, 0, 1, literals(callFields(HOOK_PATH)))]),
    sender: repeat(continuation),
  },
  {
    name: 'empty-data',
    cutFor: 'protocol',
    what: 'DATA frames of no bytes',
    opening: begun,
    sender: repeat(encodeFrame(FRAME.data, 0, 1)),
  },
  {
    name: 'tiny-data',
    cutFor: 'flood',
    what: 'DATA frames of one byte',
    opening: begun,
    sender: repeat(encodeFrame(FRAME.data, 0, 1, Buffer.alloc(1))),
  },
]
