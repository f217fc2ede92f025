import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { largestRssBytes } from '../../src/exhook/request-bounds.ts'
import { parseRules } from '../../src/rules/load-rules.ts'
import { checkManifest, installSchemas } from './kubernetes-schemas.ts'
import {
  type ConfigMap,
  type Deployment,
  MANIFEST_TEXT,
  type NetworkPolicy,
  OBJECTS,
  type Service,
  theOne,
} from './manifest.ts'

const deployment = theOne<Deployment>('Deployment')
const pod = deployment.spec.template.spec
const service = theOne<Service>('Service')
const policy = theOne<NetworkPolicy>('NetworkPolicy')
const configMap = theOne<ConfigMap>('ConfigMap')
const labels = deployment.spec.template.metadata.labels

function theContainer() {
  const [container, ...more] = pod.containers
  if (container === undefined || more.length > 0) throw new Error('not exactly one container')
  return container
}
const container = theContainer()

/** What the process in the pod reads: the words of `args` after the command, and the files of the ConfigMap. */
const [volume] = pod.volumes
const [mount] = container.volumeMounts
const config = loadConfig({ argv: container.args.slice(1), env: {}, readFile: mountedFile })

function mountedFile(path: string): string {
  const text = configMap.data[path.replace(`${mount?.mountPath}/`, '')]
  if (text === undefined) throw new Error(`${path} is not mounted`)
  return text
}

describe("Kubernetes' published schemas", () => {
  // The first run on a machine installs them.
  it('take every document, strictly, in the three newest versions', { timeout: 300_000 }, () => {
    installSchemas()
    const verdicts = checkManifest(MANIFEST_TEXT)
    expect(verdicts.filter(({ error }) => error !== null)).toEqual([])
    expect(new Set(verdicts.map(({ version }) => version))).toEqual(new Set(['1.35', '1.36', '1.37']))
    expect(verdicts).toHaveLength(3 * OBJECTS.length)
  })

  it.each([
    ['a key with a typo', (text: string) => text.replace('readinessProbe:', 'readinesProbe:')],
    ['a value of the wrong type', (text: string) => text.replace('replicas: 1', 'replicas: one')],
    ['a missing part', (text: string) => text.replace(/^ {2}selector:\n {4}matchLabels:\n.*\n/m, '')],
    [
      'a kind that there is not',
      (text: string) => text.replace('kind: NetworkPolicy', 'kind: NetworkPolice'),
    ],
    [
      'a bare word that YAML takes for a boolean',
      (text: string) => text.replace('prometheus.io/scrape: "true"', 'prometheus.io/scrape: on'),
    ],
  ])('would tell %s', { timeout: 300_000 }, (_, damage) => {
    const damaged = damage(MANIFEST_TEXT)
    expect(damaged).not.toBe(MANIFEST_TEXT)
    const errors = checkManifest(damaged).filter(({ error }) => error !== null)
    expect(errors).toHaveLength(3)
  })
})

describe('the parts fit together', () => {
  it('are what one apply needs, in an order in which each finds what it refers to', () => {
    expect(OBJECTS.map(({ kind }) => kind)).toEqual([
      'Namespace',
      'ServiceAccount',
      'ConfigMap',
      'Deployment',
      'Service',
      'NetworkPolicy',
    ])
  })

  it('are all in the namespace emqx, and labelled', () => {
    expect(theOne('Namespace').metadata.name).toBe('emqx')
    for (const { kind, metadata } of OBJECTS.filter((object) => object.kind !== 'Namespace')) {
      expect([kind, metadata.namespace]).toEqual([kind, 'emqx'])
      expect(metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'exhook-kafka' })
    }
  })

  it('puts no Pod Security label on a namespace that EMQX lives in', () => {
    expect(theOne('Namespace').metadata.labels).toBeUndefined()
  })

  it.each([
    ['Deployment', deployment.spec.selector.matchLabels],
    ['Service', service.spec.selector],
    ['NetworkPolicy', policy.spec.podSelector.matchLabels],
  ])('the selector of the %s finds the pods', (_, selector) => {
    expect(Object.keys(selector).length).toBeGreaterThan(0)
    expect(labels).toMatchObject(selector)
  })

  it('has the name and the port that one types in the dashboard', () => {
    const url = 'http://hookserver-service.emqx.svc.cluster.local:9000'
    const { name, namespace } = service.metadata
    expect(`http://${name}.${namespace}.svc.cluster.local:${service.spec.ports[0]?.port}`).toBe(url)
    expect(MANIFEST_TEXT).toContain(url)
    expect(service.spec.type).toBe('ClusterIP')
  })

  it('has one port all the way: Service, container, configuration, probe, policy', () => {
    const [servicePort, ...others] = service.spec.ports
    const grpc = container.ports.find(({ name }) => name === servicePort?.targetPort)
    expect(others).toEqual([])
    expect(servicePort).toMatchObject({ port: 9000, appProtocol: 'kubernetes.io/h2c' })
    expect(grpc?.containerPort).toBe(9000)
    expect(config.grpc.port).toBe(9000)
    expect(container.readinessProbe.grpc?.port).toBe(9000)
    const open = policy.spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port))
    expect(open).toEqual([config.grpc.port, config.http.port])
  })

  it('mounts the files that the arguments name, as a directory, so that a change arrives', () => {
    expect(container.args).toEqual([
      'serve',
      '--config=/etc/exhook-kafka/config.yaml',
      '--rules=/etc/exhook-kafka/rules.yaml',
    ])
    expect(volume?.configMap.name).toBe(configMap.metadata.name)
    expect(mount).toMatchObject({ name: volume?.name, mountPath: '/etc/exhook-kafka' })
    expect(mount?.subPath).toBeUndefined()
    expect(Object.keys(configMap.data)).toEqual(['config.yaml', 'rules.yaml'])
  })

  it('runs under its own account, which has no token', () => {
    expect(pod.serviceAccountName).toBe(theOne('ServiceAccount').metadata.name)
    expect(theOne('ServiceAccount').automountServiceAccountToken).toBe(false)
    expect(pod.automountServiceAccountToken).toBe(false)
  })
})

describe('the configuration in it', () => {
  it('is reachable from the pod’s neighbours, and says that plain text is meant', () => {
    expect(config.grpc).toMatchObject({ host: '0.0.0.0', tls: 'off' })
    expect(config.http.host).toBe('0.0.0.0')
    expect(config.kafka.brokers).toEqual(['kafka.kafka.svc.cluster.local:9092'])
  })

  it('loads with the environment that the pod has, with and without the Secret', () => {
    const variables = container.env.map(({ name }) => name)
    expect(variables).toEqual([
      'EXHOOK_KAFKA_SASL_PASSWORD',
      'EXHOOK_EMQX_API_KEY',
      'EXHOOK_EMQX_API_SECRET',
      'EXHOOK_HTTP_TOKEN',
    ])
    for (const { valueFrom } of container.env) expect(valueFrom?.secretKeyRef?.optional).toBe(true)
    const withLogin = (path: string) =>
      mountedFile(path)
        .replace('# sasl:', 'sasl:')
        .replaceAll(/# {3}(mechanism|username)/g, '  $1')
    const env = { EXHOOK_KAFKA_SASL_PASSWORD: 'secret\n' }
    const loaded = loadConfig({ argv: container.args.slice(1), env, readFile: withLogin })
    expect(loaded.kafka.sasl).toMatchObject({
      mechanism: 'scram-sha-512',
      username: 'exhook-kafka',
      password: 'secret',
      passwordFile: null,
    })
  })

  it('knows EMQX by an API key, where it has one', () => {
    const withApi = (path: string) =>
      mountedFile(path).replace('# emqx:', 'emqx:').replace('#   api_url', '  api_url')
    const env = { EXHOOK_EMQX_API_KEY: 'key', EXHOOK_EMQX_API_SECRET: 'secret' }
    const loaded = loadConfig({ argv: container.args.slice(1), env, readFile: withApi })
    expect(loaded.emqx).toMatchObject({
      apiKey: 'key',
      apiSecret: 'secret',
      apiUrl: expect.stringMatching(/:18083$/),
    })
  })

  it('is not disturbed by variables that Kubernetes makes of Services', () => {
    expect(pod.enableServiceLinks).toBe(false)
  })

  it('has the rules of the smart lock', () => {
    const { rules } = parseRules(mountedFile(config.rules), 'rules.yaml')
    const lock = JSON.parse(
      readFileSync(new URL('../fixtures/smart-lock.json', import.meta.url), 'utf8'),
    ) as { readonly rules: readonly { readonly hook: string; readonly topic: string }[] }
    expect(rules.map(({ hooks, topic }) => ({ hooks, topic }))).toEqual(
      lock.rules.map(({ hook, topic }) => ({ hooks: [hook], topic })),
    )
  })

  it('calls out the three places that a user may want to change', () => {
    const marks = MANIFEST_TEXT.match(/^.*# CHANGE \(\d\).*$/gm) ?? []
    expect(marks.map((line) => line.replace(/ *# CHANGE.*/, '').trim())).toEqual([
      '- kafka.kafka.svc.cluster.local:9092',
      '',
      expect.stringMatching(/^image: /),
    ])
  })
})

describe('life and death of the pod', () => {
  it('has time for all of the stop before it is killed', () => {
    const preStopMs = container.lifecycle.preStop.sleep.seconds * 1000
    const marginMs = 5000
    expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(
      preStopMs + config.stop.deadlineMs + marginMs,
    )
    expect(preStopMs).toBeGreaterThan(0)
  })

  it('is sent calls whether or not Kafka is there', () => {
    expect(Object.keys(container.readinessProbe)).toContain('grpc')
    expect(MANIFEST_TEXT).not.toMatch(/path: \/readyz/)
  })

  it('is restarted only when the process itself hangs', () => {
    for (const probe of [container.startupProbe, container.livenessProbe]) {
      expect(probe.httpGet).toEqual({ path: '/healthz', port: 'http' })
    }
    expect(container.ports.find(({ name }) => name === 'http')?.containerPort).toBe(config.http.port)
  })

  it('asks for memory and CPU, and has no limit on the CPU', () => {
    expect(container.resources.requests).toMatchObject({
      cpu: expect.any(String),
      memory: expect.any(String),
    })
    expect(Object.keys(container.resources.limits)).toEqual(['memory'])
  })

  it('has room for the most memory that the process takes, and for 20,000 calls in flight', () => {
    const [, gib] = /^(\d+)Gi$/.exec(String(container.resources.limits.memory)) ?? []
    const bound = largestRssBytes({
      queueMaxBytes: config.queue.maxBytes,
      maxReceiveBytes: config.grpc.maxReceiveBytes,
    })
    expect(Number(gib) * 1024 ** 3).toBeGreaterThan(bound + 20_000 * 12 * 1024)
    expect(MANIFEST_TEXT).toContain(`never more than ${bound / 1024 ** 2} MiB`)
  })

  it('is an exact version: that of the package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      readonly version: string
    }
    expect(container.image).toBe(`exhook-kafka:${version}`)
    expect(MANIFEST_TEXT).not.toContain('latest')
  })
})

describe('the container', () => {
  it('writes nothing, and is given nothing but its configuration', () => {
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    for (const one of pod.volumes) expect(Object.keys(one)).toEqual(['name', 'configMap'])
    expect(mount).toMatchObject({ readOnly: true })
  })
})

describe('the network policy', () => {
  it('covers both directions', () => {
    expect(policy.spec.policyTypes).toEqual(['Ingress', 'Egress'])
  })

  it('lets only EMQX call hooks', () => {
    const [hooks, monitoring] = policy.spec.ingress
    expect(hooks?.ports).toEqual([{ protocol: 'TCP', port: 9000 }])
    expect(hooks?.from?.length).toBeGreaterThan(0)
    for (const peer of hooks?.from ?? []) expect(peer).toHaveProperty('podSelector.matchExpressions')
    expect(monitoring?.ports).toEqual([{ protocol: 'TCP', port: 8080 }])
    expect(monitoring?.from).toHaveLength(1)
  })

  it("lets it reach names, Kafka and EMQX's API, nothing else", () => {
    expect(policy.spec.egress.flatMap(({ ports }) => ports)).toEqual([
      { protocol: 'UDP', port: 53 },
      { protocol: 'TCP', port: 53 },
      { protocol: 'UDP', port: 5353 },
      { protocol: 'TCP', port: 5353 },
      { protocol: 'TCP', port: 9092, endPort: 9098 },
      { protocol: 'TCP', port: 18083 },
    ])
    const ports = config.kafka.brokers.map((broker) => Number(broker.split(':').at(-1)))
    for (const port of ports) expect(port >= 9092 && port <= 9098).toBe(true)
  })
})
