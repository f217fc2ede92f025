import { type ChildProcess, spawn } from 'node:child_process'

/**
 * Sees to it that a child process does not outlive this one, however this one ends (SIGKILL included): a small shell
 * waits on a pipe that only this process holds open, and kills the child when the pipe closes.
 *
 * The returned function ends the watch; it is called by itself when the child exits, so that no stranger who got its
 * process id is ever killed.
 */
export function guardChild(child: ChildProcess, cleanUp?: { readonly folder: string }): () => void {
  if (child.pid === undefined) return () => {}
  const script = 'read _; kill -9 "$1"; [ -z "$2" ] || { sleep 0.2; rm -rf "$2"; }'
  const shell = spawn('/bin/sh', ['-c', script, 'guard', String(child.pid), cleanUp?.folder ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // a Ctrl-C in the terminal must not reach it
  })
  shell.on('error', () => {})
  shell.stdin?.on('error', () => {})
  shell.unref()
  ;(shell.stdin as { unref?: () => void } | null)?.unref?.()
  const release = () => {
    shell.kill('SIGKILL')
  }
  child.once('exit', release)
  return release
}
