import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type KubernetesObject, OBJECTS } from './manifest.ts'
import { podSpecsOf, restrictedProblems } from './pod-security.ts'

const pods = OBJECTS.flatMap(podSpecsOf)

describe('the restricted Pod Security Standard', () => {
  it('is kept by every pod of the manifest', () => {
    expect(pods).toHaveLength(1)
    expect(pods.map(restrictedProblems)).toEqual([[]])
  })

  it.each(['runAsNonRoot', 'seccompProfile'])(
    'is kept by each container itself or by %s of its pod',
    (key) => {
      const [pod] = pods as [Readonly<Record<string, object>>]
      const { [key]: taken, ...rest } = pod.securityContext as Record<string, unknown>
      expect(taken).toBeDefined()
      expect(restrictedProblems({ ...pod, securityContext: rest })).not.toEqual([])
    },
  )

  /** The pod of the manifest with something changed, at a path of keys. */
  function changed(path: string, value: string): Readonly<Record<string, unknown>> {
    const pod = structuredClone(pods[0]) as Record<string, unknown>
    const keys = path.split('.')
    const last = keys.pop() as string
    const at = keys.reduce((part, key) => {
      part[key] ??= {}
      return part[key] as Record<string, unknown>
    }, pod)
    at[last] = parse(value)
    return pod
  }

  it.each([
    ['hostNetwork', 'true'],
    ['hostPID', 'true'],
    ['hostIPC', 'true'],
    ['volumes.0', '{name: x, hostPath: {path: /}}'],
    ['volumes.0', '{name: x, nfs: {server: x, path: /}}'],
    ['securityContext.runAsUser', '0'],
    ['securityContext.runAsNonRoot', 'false'],
    ['securityContext.seccompProfile', '{type: Unconfined}'],
    ['securityContext.appArmorProfile', '{type: Unconfined}'],
    ['securityContext.seLinuxOptions', '{type: spc_t}'],
    ['securityContext.seLinuxOptions', '{user: system_u}'],
    ['securityContext.sysctls', '[{name: kernel.msgmax, value: "1"}]'],
    ['securityContext.windowsOptions', '{hostProcess: true}'],
    ['containers', '[]'],
    ['containers.0.securityContext', '{}'],
    ['containers.0.securityContext.privileged', 'true'],
    ['containers.0.securityContext.allowPrivilegeEscalation', 'true'],
    ['containers.0.securityContext.capabilities', '{drop: [NET_RAW]}'],
    ['containers.0.securityContext.capabilities', '{drop: [ALL], add: [SYS_ADMIN]}'],
    ['containers.0.securityContext.runAsUser', '0'],
    ['containers.0.securityContext.runAsNonRoot', 'false'],
    ['containers.0.securityContext.seccompProfile', '{type: Unconfined}'],
    ['containers.0.securityContext.procMount', 'Unmasked'],
    ['containers.0.ports.0.hostPort', '9000'],
    ['containers.0.livenessProbe.httpGet.host', '10.0.0.1'],
    ['initContainers', '[{name: x, image: y}]'],
    ['ephemeralContainers', '[{name: x, image: y}]'],
  ])('is broken by %s: %s', (path, value) => {
    expect(restrictedProblems(changed(path, value))).not.toEqual([])
  })

  it('looks at every kind of workload', () => {
    const spec = { containers: [] }
    const kinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'ReplicationController']
    const objects = [
      ...kinds.map((kind) => ({ kind, spec: { template: { spec } } })),
      { kind: 'Pod', spec },
      { kind: 'CronJob', spec: { jobTemplate: { spec: { template: { spec } } } } },
    ] as unknown as readonly KubernetesObject[]
    for (const object of objects) expect([object.kind, podSpecsOf(object)]).toEqual([object.kind, [spec]])
  })
})
