import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfigText } from '../parse.ts'
import { testRules } from './testing/rule-cases.ts'

testRules({
  kind: 'Service',
  apiVersion: 'v1',
  cases: [
    {
      rule: 'a port is out of range',
      refused: 'spec: {ports: [{port: 0}]}',
      accepted: 'spec: {ports: [{port: 1}]}',
      field: 'spec.ports[0].port',
    },
    {
      rule: 'a port is in quotes, which Kubernetes does not take',
      refused: 'spec: {ports: [{port: "80"}]}',
      accepted: 'spec: {ports: [{port: 80, targetPort: http}]}',
      field: 'spec.ports[0].port',
    },
    {
      rule: 'one of several ports has no name',
      refused: 'spec: {ports: [{port: 1, name: a}, {port: 2}]}',
      accepted: 'spec: {ports: [{port: 1, name: a}, {port: 2, name: b}]}',
      field: 'spec.ports[1].name',
    },
    {
      rule: 'the transport is an application protocol',
      refused: 'spec: {ports: [{port: 1, protocol: HTTP}]}',
      accepted: 'spec: {ports: [{port: 1, appProtocol: HTTP}]}',
      field: 'spec.ports[0].protocol',
    },
    {
      rule: 'two ports have one number',
      refused: 'spec: {ports: [{port: 1, name: a}, {port: 1, name: b}]}',
      accepted: 'spec: {ports: [{port: 1, name: a}, {port: 1, name: b, protocol: UDP}]}',
      field: 'spec.ports[1].port',
    },
    {
      rule: 'the cluster IP is none',
      refused: 'spec: {clusterIP: none}',
      accepted: 'spec: {clusterIP: None}',
      field: 'spec.clusterIP',
    },
    {
      rule: 'an ExternalName names nothing',
      refused: 'spec: {type: ExternalName}',
      accepted: 'spec: {type: ExternalName, externalName: example.com}',
      field: 'spec.externalName',
    },
  ],
})

testRules({
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  cases: [
    {
      rule: 'the type of address is unknown',
      refused: 'addressType: IP',
      accepted: 'addressType: IPv4',
      field: 'addressType',
    },
    {
      rule: 'an address is of another type',
      refused: 'addressType: IPv6\nendpoints: [{addresses: [10.0.0.1]}]',
      accepted: 'addressType: IPv4\nendpoints: [{addresses: [10.0.0.1]}]',
      field: 'endpoints[0].addresses[0]',
    },
    {
      rule: 'an endpoint has no address',
      refused: 'addressType: IPv4\nendpoints: [{addresses: []}]',
      accepted: 'addressType: IPv4\nendpoints: []',
      field: 'endpoints[0].addresses',
    },
    {
      rule: 'a port is out of range',
      refused: 'addressType: IPv4\nports: [{port: 65536}]',
      accepted: 'addressType: IPv4\nports: [{port: 65535}]',
      field: 'ports[0].port',
    },
  ],
})

testRules({
  kind: 'Pod',
  apiVersion: 'v1',
  cases: [
    {
      rule: 'its address is none',
      refused: 'status: {podIP: 10.0.0.256}',
      accepted: 'status: {podIP: 10.0.0.255}',
      field: 'status.podIP',
    },
    {
      rule: 'a container port is out of range',
      refused: 'spec: {containers: [{name: a, ports: [{containerPort: -1}]}]}',
      accepted: 'spec: {containers: [{name: a, ports: [{containerPort: 1}]}]}',
      field: 'spec.containers[0].ports[0].containerPort',
    },
  ],
})

testRules({
  kind: 'Node',
  apiVersion: 'v1',
  cases: [
    {
      rule: 'its internal address is a name',
      refused: 'status: {addresses: [{type: InternalIP, address: a}]}',
      accepted: 'status: {addresses: [{type: Hostname, address: a}]}',
      field: 'status.addresses[0].address',
    },
  ],
})

test('what Kubernetes writes and the mesh does not use is passed over', () => {
  const parsed = parseConfigText(
    `apiVersion: v1
kind: Pod
metadata:
  name: web-1
  uid: 1-2
  managedFields: [{manager: kubectl}]
  labels: {app: web}
spec:
  serviceAccountName: web
  volumes: [{name: tmp}]
  containers: [{name: web, image: web, ports: [{containerPort: 80, hostPort: 1}]}]
status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}], conditions: [{type: Ready, status: "True", reason: x}], qosClass: Burstable}
`,
    'a.yaml',
  )
  assert.deepEqual(parsed.problems, [])
  assert.deepEqual(parsed.objects[0]?.spec, {
    serviceAccountName: 'web',
    containers: [{ name: 'web', ports: [{ containerPort: 80 }] }],
  })
  assert.deepEqual(parsed.objects[0]?.status, {
    phase: 'Running',
    podIP: '10.0.0.1',
    podIPs: [{ ip: '10.0.0.1' }],
    conditions: [{ type: 'Ready', status: 'True' }],
  })
})

test('cluster-scoped kinds have no namespace, and ServiceAccounts no fields', () => {
  const parsed = parseConfigText(
    'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, namespace: b}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s}\nsecrets: [{name: t}]\n',
    'a.yaml',
  )
  assert.deepEqual(parsed.problems, [])
  assert.deepEqual(
    parsed.objects.map(object => [object.metadata.namespace, object.spec]),
    [
      ['', {}],
      ['default', {}],
    ],
  )
})
