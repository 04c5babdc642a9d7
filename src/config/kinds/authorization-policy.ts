/** security.istio.io AuthorizationPolicy: who may call what on the workloads it selects. */

import { enumeration, field, list, message, optional, requiredText, text, type Value } from '../schema/fields.ts'
import { checkAuthorizationPolicy } from './authorization-rules.ts'
import { defineKind } from './kind.ts'
import { policyTarget, targetsNotInForce } from './policy-target.ts'
import { matchLabelsSelector } from './workload-selector.ts'

const values = () => optional(list(text(4096)))

/** What requests know only from a token, which nobody checks yet. */
const noTokens = 'tokens are not checked, so that no request has any'

const source = message(
  {
    principals: field(
      "Identities from the client's certificate: `TRUST-DOMAIN/ns/NAMESPACE/sa/ACCOUNT`, with `*` at one end.",
      values(),
    ),
    notPrincipals: field("Identities that the client's certificate must not show.", values()),
    requestPrincipals: field('Identities from a token: `ISSUER/SUBJECT`, with `*` at one end.', values(), {
      notInForce: noTokens,
    }),
    notRequestPrincipals: field('Identities that the token must not show.', values(), { notInForce: noTokens }),
    namespaces: field("Namespaces from the client's certificate.", values()),
    notNamespaces: field("Namespaces that the client's certificate must not show.", values()),
    serviceAccounts: field(
      "Service accounts from the client's certificate: `NAMESPACE/NAME`, or `NAME` in the policy's namespace.",
      optional(list(text(4096), 16)),
      { since: '1.25' },
    ),
    notServiceAccounts: field(
      "Service accounts that the client's certificate must not show.",
      optional(list(text(4096), 16)),
      { since: '1.25' },
    ),
    trustDomains: field("Trust domains from the client's certificate.", values(), { since: '1.30' }),
    notTrustDomains: field("Trust domains that the client's certificate must not show.", values(), { since: '1.30' }),
    ipBlocks: field('Addresses or ranges that the connection comes from.', values()),
    notIpBlocks: field('Addresses or ranges that the connection must not come from.', values()),
    remoteIpBlocks: field(
      'Addresses or ranges of the first client, as trusted proxies report it in `X-Forwarded-For`.',
      values(),
      {},
    ),
    notRemoteIpBlocks: field('Addresses or ranges that the first client must not have.', values()),
  },
  {
    rules: [
      {
        cel:
          '!(has(self.serviceAccounts) || has(self.notServiceAccounts)) || !(has(self.principals) || ' +
          'has(self.notPrincipals) || has(self.namespaces) || has(self.notNamespaces))',
        holds: ({ serviceAccounts, notServiceAccounts, ...rest }) =>
          (serviceAccounts ?? notServiceAccounts) === undefined ||
          (rest.principals ?? rest.notPrincipals ?? rest.namespaces ?? rest.notNamespaces) === undefined,
        at: 'serviceAccounts',
        reason: 'cannot stand beside principals and namespaces, which say it otherwise',
        remedy: 'use two rules',
      },
    ],
  },
)

const operation = message({
  hosts: field('Hosts that the request is for, in any case, with `*` at one end. HTTP only.', values()),
  notHosts: field('Hosts that the request must not be for. HTTP only.', values()),
  ports: field("Ports of the workload, in quotes; not the service's.", values()),
  notPorts: field('Ports of the workload that must not be called.', values()),
  methods: field('Methods, with `*` at one end; of gRPC always `POST`. HTTP only.', values()),
  notMethods: field('Methods that must not be used. HTTP only.', values()),
  paths: field(
    'Paths, with `*` at one end, or templates in which `{*}` is one segment and `{**}` any number. HTTP only.',
    values(),
  ),
  notPaths: field('Paths that must not be called. HTTP only.', values()),
})

const condition = message({
  key: field('The attribute, such as `request.headers[x-api]`, `source.ip` or `connection.sni`.', requiredText(512)),
  values: field('Values of which the attribute must have one.', values()),
  notValues: field('Values that the attribute must not have.', values()),
})

const rule = message({
  from: field(
    'The request comes from one of these.',
    optional(
      list(
        message({ source: field('Every list that is given must hold.', optional(source), { default: 'anybody' }) }),
        512,
      ),
    ),
    { default: 'anybody' },
  ),
  to: field(
    'The request is one of these.',
    optional(
      list(
        message({
          operation: field('Every list that is given must hold.', optional(operation), { default: 'anything' }),
        }),
        512,
      ),
    ),
    { default: 'anything' },
  ),
  when: field('All of these must hold besides.', optional(list(condition, 512)), { default: 'nothing' }),
})

const spec = message(
  {
    selector: field('The workloads that the policy is for.', optional(matchLabelsSelector), {
      default: 'every workload of the namespace; in the root namespace every workload of the mesh',
    }),
    targetRef: field('What the policy hangs on instead.', optional(policyTarget), {
      since: '1.20',
      deprecated: 'use `targetRefs`',
      notInForce: targetsNotInForce,
    }),
    targetRefs: field('What the policy hangs on instead.', optional(list(policyTarget, 16)), {
      since: '1.22',
      notInForce: targetsNotInForce,
    }),
    action: field(
      '`ALLOW` allows what matches and, by being there, refuses the rest. `DENY` refuses what matches, before any ' +
        '`ALLOW`. `AUDIT` marks what matches for logs. `CUSTOM` asks an authorizer of yours, before `DENY`.',
      optional(enumeration({ ALLOW: 0, DENY: 1, AUDIT: 2, CUSTOM: 3 })),
      {
        default: '`ALLOW`',
        notInForce: 'no authorizer is asked: what a `CUSTOM` policy matches is refused',
        notInForceIf: action => action === 'CUSTOM',
      },
    ),
    rules: field(
      'A request matches when one of the rules does. An `ALLOW` policy without rules allows nothing; `{}` matches everything.',
      optional(list(rule, 512)),
      { default: 'no match' },
    ),
    provider: field(
      'The authorizer of a `CUSTOM` policy.',
      optional(message({ name: field("One of the mesh's `extensionProviders`.", optional(text(253))) })),
      { notInForce: 'no authorizer is asked' },
    ),
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
