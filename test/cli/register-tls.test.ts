import { readFileSync } from 'node:fs'
import { expect, it, onTestFinished } from 'vitest'
import { runRegister } from '../../src/cli/register.ts'
import { KEY, SECRET, useRestScenes } from '../emqx/scene.ts'
import { createPki, serveTls } from '../exhook/tls-served.ts'
import { createTextOutput } from '../support/command-output.ts'

const scenes = useRestScenes()

async function register(words: readonly string[]) {
  const [out, err] = [createTextOutput(), createTextOutput()]
  const code = await runRegister(words, {
    ...{ out, err, signal: new AbortController().signal },
    env: { EXHOOK_EMQX_API_KEY: KEY, EXHOOK_EMQX_API_SECRET: SECRET },
    readFile: (path) => readFileSync(path, 'utf8'),
  })
  return { code, stdout: out.text(), stderr: err.text() }
}

it('has EMQX come in by mutual TLS, keeps what it was not asked to change, and says what to look at', async () => {
  const pki = await createPki()
  const own = await pki.authority.issue('hooks', { dns: ['hooks.example'], usage: 'server' })
  const names = { clientCaFile: pki.authority.caFile, clientNames: ['emqx.local'] }
  const served = await serveTls({ own }, names)
  onTestFinished(() => {
    served.end()
    pki.remove()
  })
  const mine = await pki.authority.issue('emqx', { dns: ['emqx.local'], usage: 'client' })
  const { emqx, api } = await scenes.emqx()
  const words = [`--emqx=${emqx.restUrl}`, `--url=https://localhost:${served.port}`, '--pool-size=2']
  const authority = `--ssl-ca-file=${pki.authority.caFile}`
  const shown = [`--ssl-cert-file=${mine.certFile}`, `--ssl-key-file=${mine.keyFile}`]
  const ssl = async () => (await api.get('exhook_kafka')).body.ssl as Record<string, unknown>

  // The certificate names another host.
  const wrong = await register([...words, authority, ...shown, '--request-timeout=500ms', '--wait=1'])
  expect(wrong.code).toBe(3)
  expect(wrong.stderr).toContain(
    'has the authority in ssl.cacertfile signed our certificate, and does it name localhost',
  )
  expect(served.loads).toEqual([])

  expect(await register([...words, '--ssl-server-name=hooks.example'])).toMatchObject({ code: 0, stderr: '' })
  expect(served.loads).toHaveLength(1)
  expect(await ssl()).toEqual({
    ...{ enable: true, verify: 'verify_peer', server_name_indication: 'hooks.example' },
    cacertfile: expect.stringContaining('/cacert-'),
    certfile: expect.stringContaining('/cert-'),
    keyfile: expect.stringContaining('/key-'),
  })

  // What is not said again stays, and so does what somebody else has set.
  await api.update('exhook_kafka', {
    ...(await api.get('exhook_kafka')).body,
    ssl: { ...(await ssl()), versions: ['tlsv1.3'] },
  })
  expect(await register(words)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing to change'),
  })
  expect(await register([...words, '--auto-reconnect=7s'])).toMatchObject({ code: 0 })
  expect(await ssl()).toMatchObject({ versions: ['tlsv1.3'], server_name_indication: 'hooks.example' })
})

it.each(['disable', '10.0.0.1', 'a b'])('refuses %s as the name of a server', async (name) => {
  expect(
    await register(['--emqx=http://e:1', '--url=https://us:9000', `--ssl-server-name=${name}`]),
  ).toMatchObject({
    code: 1,
    stderr: `--ssl-server-name: must be a host name, not \`${name}\`\n`,
  })
})
