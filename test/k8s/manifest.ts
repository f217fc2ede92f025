import { readFileSync } from 'node:fs'
import { parseAllDocuments } from 'yaml'

/** A Kubernetes object, as far as the tests look into it. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels }
  readonly [key: string]: unknown
}

export type Labels = Readonly<Record<string, string>>

export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string | number }
  readonly grpc?: { readonly port: number; readonly service?: string }
  readonly periodSeconds?: number
  readonly timeoutSeconds?: number
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly args: readonly string[]
  readonly env: readonly {
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef?: { readonly optional?: boolean } }
  }[]
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[]
  readonly startupProbe: Probe
  readonly livenessProbe: Probe
  readonly readinessProbe: Probe
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } }
  readonly resources: { readonly requests: Labels; readonly limits: Labels }
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly volumeMounts: readonly {
    readonly name: string
    readonly mountPath: string
    readonly subPath?: string
  }[]
}

export interface PodSpec {
  readonly serviceAccountName: string
  readonly automountServiceAccountToken: boolean
  readonly enableServiceLinks: boolean
  readonly terminationGracePeriodSeconds: number
  readonly securityContext: Readonly<Record<string, unknown>>
  readonly containers: readonly Container[]
  readonly volumes: readonly { readonly name: string; readonly configMap: { readonly name: string } }[]
  readonly [key: string]: unknown
}

export interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly replicas: number
    readonly selector: { readonly matchLabels: Labels }
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec }
  }
}

export interface Service extends KubernetesObject {
  readonly spec: {
    readonly type: string
    readonly selector: Labels
    readonly ports: readonly {
      readonly name: string
      readonly port: number
      readonly targetPort: string
      readonly appProtocol: string
    }[]
  }
}

interface PolicyPort {
  readonly protocol: string
  readonly port: number
  readonly endPort?: number
}

export interface NetworkPolicy extends KubernetesObject {
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Labels }
    readonly policyTypes: readonly string[]
    readonly ingress: readonly { readonly from?: readonly unknown[]; readonly ports: readonly PolicyPort[] }[]
    readonly egress: readonly { readonly ports: readonly PolicyPort[] }[]
  }
}

export interface ConfigMap extends KubernetesObject {
  readonly data: Labels
}

export const MANIFEST_TEXT = readFileSync(new URL('../../k8s/exhook-kafka.yaml', import.meta.url), 'utf8')

/** The documents of the manifest, in its order. */
export const OBJECTS: readonly KubernetesObject[] = parseAllDocuments(MANIFEST_TEXT).map(
  (document) => document.toJS() as KubernetesObject,
)

/** The one object of a kind; throws when there is none or more than one. */
export function theOne<T extends KubernetesObject>(kind: string): T {
  const [found, ...more] = OBJECTS.filter((object) => object.kind === kind)
  if (found === undefined || more.length > 0) throw new Error(`not exactly one ${kind} in the manifest`)
  return found as T
}
