import type { KubernetesObject } from './manifest.ts'

/** Any part of a Kubernetes object. */
type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : [])

/** The pods that an object makes: a Pod itself, or the template of a workload, a CronJob's too. */
export function podSpecsOf(object: KubernetesObject): readonly Fields[] {
  if (object.kind === 'Pod') return [fieldsOf(object.spec)]
  const spec = fieldsOf(object.spec)
  const job = fieldsOf(fieldsOf(spec.jobTemplate).spec)
  return [spec.template, job.template].flatMap((template) =>
    template === undefined ? [] : [fieldsOf(fieldsOf(template).spec)],
  )
}

/** What a pod may have for a volume. */
const VOLUMES: ReadonlySet<string> = new Set([
  ...[
    'configMap',
    'csi',
    'downwardAPI',
    'emptyDir',
    'ephemeral',
    'persistentVolumeClaim',
    'projected',
    'secret',
  ],
])
const SYSCTLS: ReadonlySet<string> = new Set([
  ...['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start'],
  ...['net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_local_reserved_ports'],
  ...['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl'],
  ...['net.ipv4.tcp_keepalive_probes'],
])
const SELINUX_TYPES: readonly unknown[] = [
  undefined,
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
]
const PROFILES: readonly unknown[] = ['RuntimeDefault', 'Localhost']

/**
 * Every way in which a pod breaks the Pod Security Standard `restricted`, the ones of `baseline` included; empty: it keeps it.
 * Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/, of Kubernetes 1.34.
 */
export function restrictedProblems(pod: Fields): readonly string[] {
  const context = fieldsOf(pod.securityContext)
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((key) =>
    listOf(pod[key]),
  )
  const problems = [
    ...(containers.length === 0 ? ['no container'] : []),
    ...['hostNetwork', 'hostPID', 'hostIPC'].filter((key) => pod[key] !== undefined && pod[key] !== false),
    ...listOf(pod.volumes).flatMap((volume) =>
      Object.keys(volume)
        .filter((key) => key !== 'name' && !VOLUMES.has(key))
        .map((key) => `volume ${key}`),
    ),
    ...listOf(context.sysctls).flatMap(({ name }) => (SYSCTLS.has(String(name)) ? [] : [`sysctl ${name}`])),
    ...contextProblems(context),
  ]
  return [...problems, ...containers.flatMap((container) => containerProblems(container, context))]
}

/** What holds for the context of a pod and of each container. */
function contextProblems(context: Fields): readonly string[] {
  const { type, user, role } = fieldsOf(context.seLinuxOptions)
  const seccomp = fieldsOf(context.seccompProfile).type
  const appArmor = fieldsOf(context.appArmorProfile).type
  return [
    ...(fieldsOf(context.windowsOptions).hostProcess === true ? ['hostProcess'] : []),
    ...(SELINUX_TYPES.includes(type) && !user && !role ? [] : ['seLinuxOptions']),
    ...(appArmor === undefined || PROFILES.includes(appArmor) ? [] : ['appArmorProfile']),
    ...(seccomp === undefined || PROFILES.includes(seccomp) ? [] : ['seccompProfile']),
    ...(context.runAsUser === 0 ? ['runAsUser 0'] : []),
    ...(context.runAsNonRoot === false ? ['runAsNonRoot false'] : []),
  ]
}

function containerProblems(container: Fields, ofPod: Fields): readonly string[] {
  const context = fieldsOf(container.securityContext)
  const { add, drop } = fieldsOf(context.capabilities)
  const added = Array.isArray(add) ? add.filter((name) => name !== 'NET_BIND_SERVICE') : []
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].map((key) => fieldsOf(container[key]))
  const hooks = ['postStart', 'preStop'].map((key) => fieldsOf(fieldsOf(container.lifecycle)[key]))
  const hosts = [...probes, ...hooks].flatMap((one) => [
    fieldsOf(one.httpGet).host,
    fieldsOf(one.tcpSocket).host,
  ])
  return [
    ...contextProblems(context),
    ...(context.privileged === true ? ['privileged'] : []),
    ...(context.allowPrivilegeEscalation === false ? [] : ['allowPrivilegeEscalation']),
    ...(Array.isArray(drop) && drop.includes('ALL') ? [] : ['capabilities not dropped']),
    ...added.map((name) => `capability ${name}`),
    ...(['Default', undefined].includes(context.procMount as string | undefined) ? [] : ['procMount']),
    ...((context.runAsNonRoot ?? ofPod.runAsNonRoot) === true ? [] : ['runAsNonRoot']),
    ...(fieldsOf(context.seccompProfile).type || fieldsOf(ofPod.seccompProfile).type
      ? []
      : ['no seccompProfile']),
    ...listOf(container.ports).flatMap(({ hostPort }) => (hostPort ? ['hostPort'] : [])),
    ...hosts.flatMap((host) => (host ? ['host of a probe'] : [])),
  ]
}
