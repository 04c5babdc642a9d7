import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ReferenceCase, testReferences } from './testing/reference-cases.ts'
import { objectsOf, referencesOf, shownFindings } from './testing/scenes.ts'

const secret = (key: string, entries: string): string => `Secret ${key}: stringData: {${entries}}`
const pair = 'tls.crt: c, tls.key: k'
const edge = (tls: string, selector = '{istio: edge}'): string =>
  `Gateway shop/edge: spec: {selector: ${selector}, servers: [{hosts: [a.example.com], port: {number: 443, name: https, protocol: HTTPS}, tls: ${tls}}]}`
const edgePod = 'Pod edge/a: {istio: edge}'
const rule = (tls: string): string =>
  `DestinationRule shop/r: spec: {host: a.example.com, trafficPolicy: {tls: ${tls}}}`
const entry = 'ServiceEntry shop/a: spec: {hosts: [a.example.com], ports: [{number: 443, name: tls}], resolution: DNS}'
const tlsField = 'Gateway shop/edge spec.servers[0].tls'

const cases: readonly ReferenceCase[] = [
  {
    title: 'a Gateway names a Secret that is not there',
    code: 'CREDENTIAL_NOT_FOUND',
    around: [edgePod, edge('{mode: SIMPLE, credentialName: web}')],
    faulty: secret('edge/other', pair),
    sound: secret('edge/web', pair),
    at: `${tlsField}.credentialName`,
  },
  {
    title: "the Secret stands in the Gateway's namespace, and not in that of its proxies",
    code: 'CREDENTIAL_NOT_FOUND',
    around: [edgePod, edge('{mode: SIMPLE, credentialName: web}')],
    faulty: secret('shop/web', pair),
    sound: secret('edge/web', 'cert: c, key: k'),
    at: `${tlsField}.credentialName`,
  },
  {
    title: 'where no proxy is known a Secret of any namespace will do',
    code: 'CREDENTIAL_NOT_FOUND',
    around: [edge('{mode: SIMPLE, credentialNames: [web, web2]}'), secret('edge/web', pair)],
    faulty: [],
    sound: secret('far/web2', pair),
    at: `${tlsField}.credentialNames[1]`,
  },
  {
    title: 'the name says the namespace',
    code: 'CREDENTIAL_NOT_FOUND',
    around: [edgePod, edge('{mode: SIMPLE, credentialName: "kubernetes-gateway://certs/web"}')],
    faulty: secret('edge/web', pair),
    sound: secret('certs/web', pair),
    at: `${tlsField}.credentialName`,
  },
  {
    title: 'the Secret has no certificate',
    code: 'CREDENTIAL_INCOMPLETE',
    around: [edgePod, edge('{mode: SIMPLE, credentialName: web}')],
    faulty: secret('edge/web', 'tls.crt: c, key: k'),
    sound: secret('edge/web', pair),
    at: `${tlsField}.credentialName`,
  },
  {
    title: 'clients are verified, and there are no roots',
    code: 'CREDENTIAL_INCOMPLETE',
    around: [edgePod, edge('{mode: MUTUAL, credentialName: web}')],
    faulty: secret('edge/web', pair),
    sound: secret('edge/web', `${pair}, ca.crt: r`),
    at: `${tlsField}.credentialName`,
  },
  {
    title: 'roots lie beside the certificate',
    code: 'CREDENTIAL_INCOMPLETE',
    around: [edgePod, edge('{mode: OPTIONAL_MUTUAL, credentialName: web}'), secret('edge/web', pair)],
    faulty: secret('edge/web-cacert', 'tls.crt: r'),
    sound: secret('edge/web-cacert', 'cacert: r'),
    at: `${tlsField}.credentialName`,
  },
  {
    title: 'roots have a name of their own',
    code: 'CREDENTIAL_NOT_FOUND',
    around: [
      edgePod,
      edge('{mode: MUTUAL, credentialName: web, caCertCredentialName: "configmap://edge/roots"}'),
      secret('edge/web', pair),
    ],
    faulty: secret('edge/roots', 'ca.crt: r'),
    sound: 'ConfigMap edge/roots: data: {ca.crt: r}',
    at: `${tlsField}.caCertCredentialName`,
  },
  {
    title: 'a DestinationRule needs roots',
    code: 'CREDENTIAL_INCOMPLETE',
    around: [entry, rule('{mode: SIMPLE, credentialName: up}')],
    faulty: secret('edge/up', pair),
    sound: secret('edge/up', 'cacert: r'),
    at: 'DestinationRule shop/r spec.trafficPolicy.tls.credentialName',
  },
  {
    title: 'a DestinationRule needs a certificate of the client',
    code: 'CREDENTIAL_NOT_FOUND',
    around: [entry, rule('{mode: MUTUAL, credentialName: up}')],
    faulty: secret('edge/up-cacert', 'cacert: r'),
    sound: [secret('edge/up-cacert', 'cacert: r'), secret('edge/up', pair)],
    at: 'DestinationRule shop/r spec.trafficPolicy.tls.credentialName',
  },
  {
    title: 'a rule of a port for workloads reads the Secret where they are',
    code: 'CREDENTIAL_NOT_FOUND',
    around: [
      entry,
      'DestinationRule shop/r: spec: {host: a.example.com, exportTo: ["."], workloadSelector: {matchLabels: {app: a}}, subsets: [{name: v1, trafficPolicy: {portLevelSettings: [{port: {number: 443}, tls: {mode: SIMPLE, credentialName: up}}]}}]}',
    ],
    faulty: secret('edge/up', 'cacert: r'),
    sound: secret('shop/up', 'cacert: r'),
    at: 'DestinationRule shop/r spec.subsets[0].trafficPolicy.portLevelSettings[0].tls.credentialName',
  },
  {
    title: 'a module is fetched with a Secret of its namespace',
    code: 'CREDENTIAL_INCOMPLETE',
    around: ['WasmPlugin shop/w: spec: {url: "oci://example.com/w", imagePullSecret: pull}'],
    faulty: secret('shop/pull', pair),
    sound: secret('shop/pull', '.dockerconfigjson: "{}"'),
    at: 'WasmPlugin shop/w spec.imagePullSecret',
  },
  {
    title: 'an Ingress names a Secret that is not there',
    code: 'CREDENTIAL_NOT_FOUND',
    around: [
      'Ingress shop/i: spec: {rules: [{host: a.example.com}], tls: [{hosts: [a.example.com], secretName: web}]}',
    ],
    faulty: secret('edge/web', pair),
    sound: secret('shop/web', pair),
    at: 'Ingress shop/i spec.tls[0].secretName',
  },
  {
    title: 'an Ingress leads to a Service that is not there',
    code: 'TARGET_NOT_FOUND',
    around: ['Ingress shop/i: spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}'],
    faulty: 'Service other/web: spec: {ports: [{port: 80}]}',
    sound: 'Service shop/web: spec: {ports: [{port: 80}]}',
    at: 'Ingress shop/i spec.defaultBackend.service.name',
  },
  {
    title: 'an Ingress leads to a port that the Service does not have',
    code: 'PORT_NOT_FOUND',
    around: [
      'Ingress shop/i: spec: {rules: [{http: {paths: [{pathType: Prefix, path: /, backend: {service: {name: web, port: {name: http}}}}]}}]}',
    ],
    faulty: 'Service shop/web: spec: {ports: [{port: 80, name: tcp}]}',
    sound: 'Service shop/web: spec: {ports: [{port: 80, name: http}]}',
    at: 'Ingress shop/i spec.rules[0].http.paths[0].backend.service.port.name',
  },
]

testReferences(cases)

test('what passes TLS on, or uses the certificate of the mesh, reads no Secret', () => {
  for (const tls of ['{mode: PASSTHROUGH}', '{mode: ISTIO_MUTUAL}', '{mode: SIMPLE, credentialName: "builtin://"}']) {
    assert.deepEqual(shownFindings(referencesOf({ objects: [edge(tls)] })), [])
  }
})

test('a new certificate under old names looks at nothing again, and no complaint holds a value', () => {
  const references = referencesOf({
    objects: [edgePod, edge('{mode: SIMPLE, credentialName: web}'), secret('edge/web', 'tls.crt: hidden')],
  })
  assert.match(references.all()[0]?.reason ?? '', /has the entries tls\.crt, and not tls\.crt and tls\.key/)
  assert.ok(!JSON.stringify(references.all()).includes('hidden'))
  const renewed = references.apply({ changes: objectsOf([secret('edge/web', 'tls.crt: other')]) })
  assert.deepEqual(Object.fromEntries(renewed.checked), { 'entries of secrets': 1 })
  const whole = references.apply({ changes: objectsOf([secret('edge/web', pair)]) })
  assert.deepEqual(Object.fromEntries(whole.checked), { 'entries of secrets': 1, 'Gateway references': 1 })
  assert.deepEqual(whole.changed, ['Gateway/shop/edge'])
})
