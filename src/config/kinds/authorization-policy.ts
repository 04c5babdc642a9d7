/** security.istio.io AuthorizationPolicy: who may call what on the workloads it selects. */

import { enumeration, list, message, optional, requiredText, text, type Value } from '../schema/fields.ts'
import { checkAuthorizationPolicy } from './authorization-rules.ts'
import { defineKind } from './kind.ts'
import { policyTarget } from './policy-target.ts'
import { matchLabelsSelector } from './workload-selector.ts'

const values = () => optional(list(text(4096)))

const source = message({
  principals: values(),
  notPrincipals: values(),
  requestPrincipals: values(),
  notRequestPrincipals: values(),
  namespaces: values(),
  notNamespaces: values(),
  serviceAccounts: values(),
  notServiceAccounts: values(),
  trustDomains: values(),
  notTrustDomains: values(),
  ipBlocks: values(),
  notIpBlocks: values(),
  remoteIpBlocks: values(),
  notRemoteIpBlocks: values(),
})

const operation = message({
  hosts: values(),
  notHosts: values(),
  ports: values(),
  notPorts: values(),
  methods: values(),
  notMethods: values(),
  paths: values(),
  notPaths: values(),
})

const condition = message({ key: requiredText(512), values: values(), notValues: values() })

const rule = message({
  from: optional(list(message({ source: optional(source) }), 512)),
  to: optional(list(message({ operation: optional(operation) }), 512)),
  when: optional(list(condition, 512)),
})

const spec = message(
  {
    selector: optional(matchLabelsSelector),
    targetRef: optional(policyTarget),
    targetRefs: optional(list(policyTarget, 16)),
    action: optional(enumeration({ ALLOW: 0, DENY: 1, AUDIT: 2, CUSTOM: 3 })),
    rules: optional(list(rule, 512)),
    provider: optional(message({ name: optional(text(253)) })),
  },
  { exclusive: [['selector', 'targetRef', 'targetRefs']] },
)

export type AuthorizationPolicySpec = Value<typeof spec>
export type AuthorizationRule = Value<typeof rule>
export type AuthorizationSource = Value<typeof source>
export type AuthorizationOperation = Value<typeof operation>
export type AuthorizationCondition = Value<typeof condition>

export const authorizationPolicy = defineKind({
  name: 'AuthorizationPolicy',
  description:
    'Who may call what on the workloads that it selects: requests are allowed, denied, recorded, or handed to an authorizer of yours.',
  plural: 'authorizationpolicies',
  shortNames: ['ap'],
  columns: [{ name: 'Action', path: '.spec.action' }],
  group: 'security.istio.io',
  versions: ['v1', 'v1beta1'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  check: ({ spec }, report) => checkAuthorizationPolicy(spec, report),
})
