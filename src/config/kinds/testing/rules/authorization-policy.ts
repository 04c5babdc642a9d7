import { casesOf, type RuleTable } from '../rule-cases.ts'

const rule = (text: string): string => `spec: {rules: [${text}]}`

export const authorizationPolicyRules: RuleTable = {
  kind: 'AuthorizationPolicy',
  apiVersion: 'security.istio.io/v1',
  cases: [
    {
      rule: 'it has a selector and a target',
      refused: 'spec: {selector: {matchLabels: {a: b}}, targetRefs: [{kind: Service, name: a}]}',
      accepted: 'spec: {targetRefs: [{kind: Service, name: a}]}',
      field: 'spec.targetRefs',
    },
    {
      rule: 'it hangs on a kind that takes no policy',
      refused: 'spec: {targetRef: {kind: Secret, name: a}}',
      accepted: 'spec: {targetRef: {group: networking.istio.io, kind: ServiceEntry, name: a}}',
      field: 'spec.targetRef.kind',
    },
    {
      rule: 'it hangs on something of another namespace',
      refused: 'spec: {targetRef: {kind: Service, name: a, namespace: other}}',
      accepted: 'spec: {targetRef: {kind: Service, name: a}}',
      field: 'spec.targetRef.namespace',
    },
    {
      rule: 'DENY has no rules',
      refused: 'spec: {action: DENY}',
      accepted: 'spec: {action: DENY, rules: [{}]}',
      field: 'spec.rules',
    },
    {
      rule: 'CUSTOM names no provider',
      refused: 'spec: {action: CUSTOM, rules: [{}]}',
      accepted: 'spec: {action: CUSTOM, rules: [{}], provider: {name: ext}}',
      field: 'spec.provider.name',
    },
    {
      rule: 'ALLOW names a provider',
      refused: 'spec: {action: ALLOW, provider: {name: ext}}',
      accepted: 'spec: {action: ALLOW}',
      field: 'spec.provider',
    },
    {
      rule: 'CUSTOM looks at principals',
      refused: 'spec: {action: CUSTOM, provider: {name: e}, rules: [{from: [{source: {principals: ["*"]}}]}]}',
      accepted: 'spec: {action: CUSTOM, provider: {name: e}, rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}',
      field: 'spec.rules[0].from[0].source.principals',
    },
    ...(['from', 'to', 'when'] as const).map(list => ({
      rule: `${list} is empty`,
      warns: true as const,
      refused: rule(`{${list}: []}`),
      accepted: rule('{}'),
      field: `spec.rules[0].${list}`,
    })),
    {
      rule: 'a source is empty',
      refused: rule('{from: [{source: {}}]}'),
      accepted: rule('{from: [{source: {namespaces: [a]}}]}'),
      field: 'spec.rules[0].from[0].source',
    },
    {
      rule: 'a principal is empty text',
      refused: rule('{from: [{source: {principals: [""]}}]}'),
      accepted: rule('{from: [{source: {principals: ["*"]}}]}'),
      field: 'spec.rules[0].from[0].source.principals[0]',
    },
    {
      rule: 'an excluded namespace is empty text',
      refused: rule('{from: [{source: {notNamespaces: [a, ""]}}]}'),
      accepted: rule('{from: [{source: {not_namespaces: [a, b]}}]}'),
      field: 'spec.rules[0].from[0].source.notNamespaces[1]',
    },
    {
      rule: 'an address block is none',
      refused: rule('{from: [{source: {ipBlocks: [10.0.0.0/33]}}]}'),
      accepted: rule('{from: [{source: {ipBlocks: [10.0.0.0/32, "::1/128", 1.2.3.4]}}]}'),
      field: 'spec.rules[0].from[0].source.ipBlocks[0]',
    },
    {
      rule: 'service accounts stand beside principals',
      refused: rule('{from: [{source: {serviceAccounts: [a/b], principals: [c]}}]}'),
      accepted: rule('{from: [{source: {serviceAccounts: [a/b, c]}}]}'),
      field: 'spec.rules[0].from[0].source.serviceAccounts',
    },
    {
      rule: 'a service account holds a regex',
      refused: rule('{from: [{source: {serviceAccounts: ["a/b.*"]}}]}'),
      accepted: rule('{from: [{source: {serviceAccounts: ["a/b.c"]}}]}'),
      field: 'spec.rules[0].from[0].source.serviceAccounts[0]',
    },
    {
      rule: 'an operation is empty',
      refused: rule('{to: [{operation: {methods: []}}]}'),
      accepted: rule('{to: [{operation: {methods: [GET]}}]}'),
      field: 'spec.rules[0].to[0].operation',
    },
    {
      rule: 'a port is none',
      refused: rule('{to: [{operation: {ports: ["65536"]}}]}'),
      accepted: rule('{to: [{operation: {ports: ["65535"]}}]}'),
      field: 'spec.rules[0].to[0].operation.ports[0]',
    },
    {
      rule: 'a port is not in quotes',
      refused: rule('{to: [{operation: {ports: [80]}}]}'),
      accepted: rule('{to: [{operation: {ports: ["80"]}}]}'),
      field: 'spec.rules[0].to[0].operation.ports[0]',
    },
    {
      rule: 'a path template names a variable',
      refused: rule('{to: [{operation: {paths: ["/{*}/{id}"]}}]}'),
      accepted: rule('{to: [{operation: {paths: ["/{*}/{**}", "/a*", "*b", "*"]}}]}'),
      field: 'spec.rules[0].to[0].operation.paths[0]',
    },
    {
      rule: 'a path template mixes in a wildcard',
      refused: rule('{to: [{operation: {paths: ["/{*}/*"]}}]}'),
      accepted: rule('{to: [{operation: {paths: ["/{*}/a"]}}]}'),
      field: 'spec.rules[0].to[0].operation.paths[0]',
    },
    {
      rule: 'a path template goes on after {**}',
      refused: rule('{to: [{operation: {paths: ["/{**}/{*}"]}}]}'),
      accepted: rule('{to: [{operation: {paths: ["/{**}/a"]}}]}'),
      field: 'spec.rules[0].to[0].operation.paths[0]',
    },
    {
      rule: 'a condition has an unknown key',
      refused: rule('{when: [{key: source.pod, values: [a]}]}'),
      accepted: rule('{when: [{key: source.namespace, values: [a]}]}'),
      field: 'spec.rules[0].when[0].key',
    },
    {
      rule: 'a condition names no header',
      refused: rule('{when: [{key: "request.headers[]", values: [a]}]}'),
      accepted: rule('{when: [{key: "request.headers[x-a]", values: [a]}]}'),
      field: 'spec.rules[0].when[0].key',
    },
    {
      rule: 'a condition has no values',
      refused: rule('{when: [{key: source.ip}]}'),
      accepted: rule('{when: [{key: source.ip, notValues: [10.0.0.1]}]}'),
      field: 'spec.rules[0].when[0]',
    },
    {
      rule: 'a condition on addresses has another value',
      refused: rule('{when: [{key: destination.ip, values: [host]}]}'),
      accepted: rule('{when: [{key: destination.ip, values: [10.0.0.0/8]}]}'),
      field: 'spec.rules[0].when[0].values[0]',
    },
    ...casesOf('spec: {action: CUSTOM, provider: {name: a}, rules: [{when: [{key: □, values: [b]}]}]}', {
      rule: 'somebody else decides by an identity',
      refused: 'source.namespace',
      accepted: '"request.headers[a]"',
      field: 'spec.rules[0].when[0].key',
    }),
    ...casesOf('spec: {action: DENY, rules: [{to: [{operation: {□}}]}]}', {
      rule: 'a denial looks at HTTP only',
      warns: true,
      refused: 'methods: [GET]',
      accepted: 'methods: [GET], ports: ["80"]',
      field: 'spec.rules[0]',
    }),
  ],
  examples: [
    `spec:
  selector: {matchLabels: {app: a}}
  rules:
    - from:
        - source:
            {notPrincipals: [a], requestPrincipals: ["a/*"], notRequestPrincipals: [b], ipBlocks: [10.0.0.0/8], notIpBlocks: [10.0.0.1], remoteIpBlocks: [10.0.0.0/8], notRemoteIpBlocks: [10.0.0.1], trustDomains: [a.mesh], notTrustDomains: [b.mesh]}
      to:
        - operation:
            {hosts: [a.mesh], notHosts: [b.mesh], ports: ["80"], notPorts: ["81"], methods: [GET], notMethods: [PUT], paths: [/a], notPaths: [/a/b]}`,
    rule('{from: [{source: {notServiceAccounts: [ns/c]}}]}'),
    'spec: {targetRef: {group: networking.istio.io, kind: ServiceEntry, name: a, namespace: ""}}',
    'spec: {targetRefs: [{group: "", kind: Service, name: a, namespace: ""}]}',
  ],
}
