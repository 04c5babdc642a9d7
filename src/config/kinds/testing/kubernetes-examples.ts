/** Of each of Kubernetes' kinds without a table an object that says every field of it. */

import type { KindName } from '../../object.ts'

export const kubernetesExamples: Readonly<Partial<Record<KindName, string>>> = {
  EndpointSlice: `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: x, namespace: ns, labels: {kubernetes.io/service-name: a}}
addressType: IPv4
endpoints:
  - addresses: [10.0.0.1]
    conditions: {ready: true, serving: true, terminating: false}
    hostname: a
    nodeName: n
    zone: z
    targetRef: {kind: Pod, name: p, namespace: ns}
ports: [{name: http, port: 80, protocol: TCP, appProtocol: http}]
`,
  Namespace: 'apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n',
  Node: `
apiVersion: v1
kind: Node
metadata: {name: x}
spec: {providerID: a}
status: {addresses: [{type: InternalIP, address: 10.0.0.1}]}
`,
  Pod: `
apiVersion: v1
kind: Pod
metadata: {name: x, namespace: ns}
spec:
  serviceAccountName: a
  nodeName: n
  hostNetwork: false
  hostname: h
  subdomain: s
  containers: [{name: c, ports: [{name: http, containerPort: 80, protocol: TCP}]}]
  initContainers: [{name: i, ports: [{name: tcp, containerPort: 81, protocol: TCP}]}]
status:
  phase: Running
  podIP: 10.0.0.1
  podIPs: [{ip: 10.0.0.1}]
  hostIP: 10.0.0.2
  conditions: [{type: Ready, status: "True"}]
`,
  Service: `
apiVersion: v1
kind: Service
metadata: {name: x, namespace: ns}
spec:
  type: ExternalName
  externalName: a.example.com
  clusterIP: 10.0.0.1
  clusterIPs: [10.0.0.1]
  selector: {app: a}
  ports: [{name: http, port: 80, targetPort: http, protocol: TCP, appProtocol: http, nodePort: 30000}]
  publishNotReadyAddresses: false
  internalTrafficPolicy: Cluster
  trafficDistribution: PreferClose
  sessionAffinity: None
`,
  ServiceAccount: 'apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: x, namespace: ns}\n',
}
