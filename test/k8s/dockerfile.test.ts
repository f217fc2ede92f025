import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createHttpServer } from '../../src/admin/http-server.ts'
import { readinessOf } from '../../src/admin/readiness.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { httpDeps, LOOPBACK } from '../admin/serving.ts'
import { execForm, parseDockerfile, type Stage, wordsOf } from './dockerfile.ts'
import { type Deployment, theOne } from './manifest.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const manifest = JSON.parse(read('package.json')) as {
  readonly version: string
  readonly license: string
  readonly bin: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
}
const stages = parseDockerfile(read('Dockerfile'))
const [build, dependencies, system, image] = stages as readonly [Stage, Stage, Stage, Stage]
const defaults = loadConfig({ argv: [], env: {}, readFile: () => '' })

describe('the stages', () => {
  it('are four: compile, production dependencies, what of the system is needed, image', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', 'dependencies', 'system', null])
  })

  it('all have exactly the Node that is developed with', () => {
    const version = manifest.devDependencies.node
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    for (const stage of stages.slice(0, -1)) expect(stage.image).toBe(`node:${version}-slim`)
    expect(manifest.dependencies).not.toHaveProperty('node')
  })

  it('run no install script, and take versions from the lockfile only', () => {
    const installs = stages
      .flatMap((stage) => wordsOf(stage, 'RUN'))
      .filter((words) => /\bnpm\b.*\b(ci|i|install)\b/.test(words))
    expect(installs).toHaveLength(2)
    for (const words of installs) expect(words).toMatch(/^npm ci .*--ignore-scripts/)
    expect(wordsOf(dependencies, 'RUN').join()).toContain('--omit=dev')
  })

  it('compile without npm, which would run the development dependency `node`', () => {
    expect(wordsOf(build, 'RUN').at(-1)).toBe('node scripts/build.ts')
  })

  it('copy only what .dockerignore lets through and what there is', () => {
    const ignore = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(ignore[0]).toBe('*')
    const allowed = ignore.slice(1).map((line) => line.replace(/^!/, ''))
    const copied = stages
      .flatMap((stage) => wordsOf(stage, 'COPY'))
      .filter((words) => !words.startsWith('--from='))
      .flatMap((words) => words.split(' ').slice(0, -1))
    expect(new Set(copied)).toEqual(new Set(allowed))
    for (const path of copied) expect([path, existsSync(new URL(path, root))]).toEqual([path, true])
    expect(stages.flatMap((stage) => wordsOf(stage, 'ADD'))).toEqual([])
  })
})

describe('the image', () => {
  it('holds what the program needs at run time and nothing of development', () => {
    expect(wordsOf(image, 'COPY')).toEqual([
      '--from=system /image /',
      '--from=dependencies /app/node_modules ./node_modules',
      '--from=build /app/dist ./dist',
      'package.json LICENSE THIRD-PARTY.md ./',
      'protos ./protos',
    ])
  })

  it('has no shell, no package manager and no tool: it begins with nothing, and runs nothing while it is made', () => {
    expect(image.image).toBe('scratch')
    expect(wordsOf(image, 'RUN')).toEqual([])
    expect(wordsOf(image, 'SHELL')).toEqual([])
    // Everything that is started is named by a list of words: there is no shell to take them apart.
    for (const name of ['ENTRYPOINT', 'CMD']) for (const words of wordsOf(image, name)) execForm(words)
    expect(wordsOf(image, 'ENV')).toEqual(['PATH=/usr/local/bin NODE_ENV=production'])
  })

  it('has of the system Node and the libraries that it is linked with, which are all that Node loads', async () => {
    const [command = '', ...more] = wordsOf(system, 'RUN')
    expect(more).toEqual([])
    const folder = join(mkdtempSync(join(tmpdir(), 'exhook-image-')), 'image')
    const here = command.replaceAll('/usr/local/bin/node', process.execPath).replaceAll('/image', folder)
    await promisify(execFile)('sh', ['-c', here])
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
    expect(
      files
        .map(({ name }) => name)
        .filter((name) => !/^(lib|ld-linux).*\.so/.test(name))
        .sort(),
    ).toEqual([basename(process.execPath), 'nsswitch.conf'])
    const loader = files.find(({ name }) => name.startsWith('ld-linux'))
    const libraries = [...new Set(files.map(({ parentPath }) => parentPath))].join(':')
    const script = 'process.stdout.write(require("fs").readFileSync("/proc/self/maps", "utf8"))'
    const { stdout } = await promisify(execFile)(join(String(loader?.parentPath), String(loader?.name)), [
      ...['--inhibit-cache', '--library-path', libraries, join(folder, process.execPath), '-e', script],
    ])
    const loaded = new Set(stdout.match(/\/\S+\.so\S*/g))
    expect(loaded.size).toBeGreaterThan(4)
    for (const path of loaded) expect(path.startsWith(folder)).toBe(true)
    rmSync(dirname(folder), { recursive: true })
  })

  it('runs as a user that is not root, the one that the manifest names', () => {
    const [user, ...others] = wordsOf(image, 'USER')
    expect(others).toEqual([])
    expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    const { securityContext } = theOne<Deployment>('Deployment').spec.template.spec
    expect(user).toBe(`${securityContext.runAsUser}:${securityContext.runAsGroup}`)
  })

  it('starts Node itself, so that SIGTERM arrives', () => {
    expect(wordsOf(image, 'ENTRYPOINT').map(execForm)).toEqual([['node', manifest.bin['exhook-kafka']]])
    expect(wordsOf(image, 'STOPSIGNAL')).toEqual(['SIGTERM'])
  })

  it('serves the files that one mounts, by words that the configuration understands', () => {
    const [command, ...argv] = wordsOf(image, 'CMD').flatMap(execForm)
    expect(command).toBe('serve')
    expect(loadConfig({ argv, env: {}, readFile: () => '' }).rules).toBe('/etc/exhook-kafka/rules.yaml')
  })

  it('names its ports, version and licence', () => {
    expect(wordsOf(image, 'EXPOSE')).toEqual([`${defaults.grpc.port} ${defaults.http.port}`])
    expect(wordsOf(image, 'ARG')).toEqual([`VERSION=${manifest.version}`])
    const labels = wordsOf(image, 'LABEL').join(' ')
    const label = 'org.opencontainers.image'
    for (const name of ['title', 'description', 'version', 'licenses'])
      expect(labels).toContain(`${label}.${name}=`)
    expect(labels).toContain(`${label}.licenses="${manifest.license}"`)
  })
})

describe('its health check', () => {
  const [options = '', words = ''] = wordsOf(image, 'HEALTHCHECK')[0]?.split(' CMD ') ?? []
  const [command, ...args] = execForm(words)

  it('has a limit of time', () => {
    expect(options).toMatch(/--timeout=\d+s/)
  })

  /** The exit code of the check, run as in the container but with the port of this test. */
  async function exitCode(port: number): Promise<unknown> {
    expect(command).toBe('node')
    const env = { EXHOOK_HTTP_PORT: String(port) }
    return promisify(execFile)(process.execPath, args, { env }).then(
      () => 0,
      (error: { readonly code: unknown }) => error.code,
    )
  }

  it('is well while the server answers, ill when it does not', async () => {
    const server = createHttpServer(LOOPBACK, {
      ...httpDeps(),
      readiness: () => readinessOf([{ name: 'kafka', ok: false, detail: 'away' }]),
    })
    const { port } = await server.start()
    expect(await exitCode(port)).toBe(0)
    await server.stop()
    expect(await exitCode(port)).toBe(1)
  })

  it('asks the default port when nothing else is said', () => {
    expect(args.join()).toContain(`|| ${defaults.http.port}`)
    expect(args.join()).toContain('/healthz')
  })
})
