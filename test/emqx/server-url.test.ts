import { expect, it } from 'vitest'
import { serverUrlProblem } from '../../src/emqx/server-url.ts'

it.each(['http://exhook-kafka:9000', 'https://us:443', 'http://10.0.0.1:9000/', 'http://[::1]:9000'])(
  'takes %s',
  (url) => {
    expect(serverUrlProblem(url)).toBeNull()
  },
)

it.each([
  ['ftp://x', 'must be an address like http://exhook-kafka:9000, not `ftp://x`'],
  ['HTTP://x:9000', 'must be an address like http://exhook-kafka:9000'],
  ['x:9000', 'must be an address like'],
  ['http://x:99999', 'must be an address like'],
  ['http://x:0', 'must be an address like'],
  ['http://', 'must be an address like'],
  ['http://x:9000/path', 'write `http://x:9000`, not `http://x:9000/path`'],
  ['http://x:9000//', 'write `http://x:9000`'],
  ['http://x:9000?a', 'write `http://x:9000`'],
  ['http://x/path#f', 'write `http://x:9000`'],
  ['http://x', 'EMQX needs the port too: write `http://x:9000`'],
  ['http://x:', 'EMQX needs the port too: write `http://x:9000`'],
  ['https://x/', 'EMQX needs the port too: write `https://x:443`'],
])('does not take %s', (url, problem) => {
  expect(serverUrlProblem(url)).toContain(problem)
})

it('does not repeat a password', () => {
  expect(serverUrlProblem('http://u:hunter2@x:9000/y')).toContain('without user name or password')
  expect(serverUrlProblem('http://u:hunter2@x:9000')).not.toContain('hunter2')
})
