import { ERROR, MAX_FRAME_BYTES, MAX_WINDOW_BYTES, SETTING } from './frames.ts'
import { ConnectionError } from './http2-error.ts'

/** Every setting of a frame is six bytes [RFC 9113, 6.5.1]. */
export const SETTING_BYTES = 6

/**
 * Checks the settings that a client has sent [6.5.2], and returns the window that it gives to each stream; null when it
 * says nothing of it. The others are about what we send, and hold already: we push nothing, our frames are no larger than
 * the smallest limit, our header blocks use no dynamic table.
 */
export function readSettings(payload: Buffer): number | null {
  if (payload.length % SETTING_BYTES !== 0) {
    throw new ConnectionError(ERROR.frameSize, 'settings', 'SETTINGS of a wrong length')
  }
  let firstWindow: number | null = null
  for (let at = 0; at < payload.length; at += SETTING_BYTES) {
    const name = payload.readUInt16BE(at)
    const value = payload.readUInt32BE(at + 2)
    if (name === SETTING.enablePush && value > 1) {
      throw new ConnectionError(ERROR.protocol, 'settings', `ENABLE_PUSH of ${value}`)
    }
    if (name === SETTING.maxFrameSize && (value < MAX_FRAME_BYTES || value > LARGEST_FRAME)) {
      throw new ConnectionError(ERROR.protocol, 'settings', `MAX_FRAME_SIZE of ${value}`)
    }
    if (name !== SETTING.initialWindowSize) continue
    if (value > MAX_WINDOW_BYTES) {
      throw new ConnectionError(ERROR.flowControl, 'settings', `INITIAL_WINDOW_SIZE of ${value}`)
    }
    firstWindow = value
  }
  return firstWindow
}

const LARGEST_FRAME = 2 ** 24 - 1

/** Our own settings. No MAX_CONCURRENT_STREAMS: EMQX does not look at it, and a refused stream costs a device seconds. */
export function encodeSettings(settings: readonly (readonly [name: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(settings.length * SETTING_BYTES)
  for (const [place, [name, value]] of settings.entries()) {
    payload.writeUInt16BE(name, place * SETTING_BYTES)
    payload.writeUInt32BE(value, place * SETTING_BYTES + 2)
  }
  return payload
}
