import type { Writable } from 'node:stream'

/** Where a command's lines go. */
export interface CommandOutput {
  /** Resolves when the text was written: false when nobody reads any more. Never rejects. */
  print(text: string): Promise<boolean>
}

/**
 * Output to a stream, at the pace of whoever reads it. `onClosed` is called once when the reader is gone, as when
 * `| head` has seen enough: there is no point in going on, and it is no error.
 */
export function createStreamOutput(stream: Writable, onClosed: () => void = () => {}): CommandOutput {
  let open = true
  const close = () => {
    if (open) onClosed()
    open = false
  }
  stream.on('error', close)
  stream.on('close', close)
  return {
    print(text) {
      if (!open || text === '') return Promise.resolve(open)
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const onClose = () => resolve(false)
      stream.once('close', onClose)
      stream.write(text, (error) => {
        stream.off('close', onClose)
        if (error) close()
        resolve(!error)
      })
      return promise
    },
  }
}
