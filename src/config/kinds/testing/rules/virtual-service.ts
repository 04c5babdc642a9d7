import { casesOf, type RuleTable } from '../rule-cases.ts'

const to = 'route: [{destination: {host: b}}]'
const http = (text: string): string => `spec: {hosts: [a], http: [{${text}}]}`
const routed = (text: string): string => http(`${to}, ${text}`)

export const virtualServiceRules: RuleTable = {
  kind: 'VirtualService',
  apiVersion: 'networking.istio.io/v1',
  cases: [
    { rule: 'it routes nothing', refused: 'spec: {hosts: [a]}', accepted: http(to), field: 'spec' },
    {
      rule: 'it takes every host of the mesh',
      refused: `spec: {hosts: ["*"], http: [{${to}}]}`,
      accepted: `spec: {hosts: ["*"], gateways: [gw], http: [{${to}}]}`,
      field: 'spec.hosts[0]',
    },
    {
      rule: 'two hosts overlap',
      refused: `spec: {hosts: [a.b, "*.b"], http: [{${to}}]}`,
      accepted: `spec: {hosts: [a.b, "*.c"], http: [{${to}}]}`,
      field: 'spec.hosts[1]',
    },
    {
      rule: 'a delegate has gateways',
      refused: `spec: {gateways: [gw], http: [{${to}}]}`,
      accepted: `spec: {http: [{${to}}]}`,
      field: 'spec.gateways',
    },
    {
      rule: 'a gateway has three parts',
      refused: `spec: {hosts: [a], gateways: [a/b/c], http: [{${to}}]}`,
      accepted: `spec: {hosts: [a], gateways: [a/b, mesh], http: [{${to}}]}`,
      field: 'spec.gateways[0]',
    },
    { rule: 'a route goes nowhere', refused: http('match: []'), accepted: http(to), field: 'spec.http[0]' },
    {
      rule: 'a redirect stands beside a route',
      refused: routed('redirect: {uri: /}'),
      accepted: http('redirect: {uri: /}'),
      field: 'spec.http[0].route',
    },
    {
      rule: 'a redirect stands beside a fault',
      refused: http('redirect: {uri: /}, fault: {abort: {httpStatus: 500}}'),
      accepted: routed('fault: {abort: {httpStatus: 500}}'),
      field: 'spec.http[0].fault',
    },
    {
      rule: 'a direct response stands beside a redirect',
      refused: http('redirect: {uri: /}, directResponse: {status: 200}'),
      accepted: http('directResponse: {status: 200, body: {string: ok}}'),
      field: 'spec.http[0].directResponse',
    },
    {
      rule: 'a delegate stands beside a route',
      refused: routed('delegate: {name: d}'),
      accepted: http('delegate: {name: d}'),
      field: 'spec.http[0].route',
    },
    {
      rule: 'a delegate delegates',
      refused: 'spec: {http: [{delegate: {name: d}}]}',
      accepted: `spec: {http: [{${to}}]}`,
      field: 'spec.http[0].delegate',
    },
    {
      rule: 'the weights add up to 0',
      refused: http('route: [{destination: {host: b}}, {destination: {host: c}}]'),
      accepted: http('route: [{destination: {host: b}, weight: 1}, {destination: {host: c}}]'),
      field: 'spec.http[0].route',
    },
    {
      rule: 'a weight is negative',
      refused: http('route: [{destination: {host: b}, weight: -1}]'),
      accepted: http('route: [{destination: {host: b}, weight: 0}]'),
      field: 'spec.http[0].route[0].weight',
    },
    {
      rule: 'a destination has no host',
      refused: http('route: [{destination: {subset: v1}}]'),
      accepted: http('route: [{destination: {host: b, subset: v1, port: {number: 80}}}]'),
      field: 'spec.http[0].route[0].destination.host',
    },
    {
      rule: 'a match has two forms',
      refused: routed('match: [{uri: {exact: /a, prefix: /b}}]'),
      accepted: routed('match: [{uri: {exact: /a}}]'),
      field: 'spec.http[0].match[0].uri.prefix',
    },
    {
      rule: 'a regex is not RE2',
      refused: routed('match: [{uri: {regex: "(?=a)"}}]'),
      accepted: routed('match: [{uri: {regex: "(?:a)"}}]'),
      field: 'spec.http[0].match[0].uri.regex',
    },
    {
      rule: 'a regex is longer than 1024',
      refused: routed(`match: [{uri: {regex: "${'a'.repeat(1025)}"}}]`),
      accepted: routed(`match: [{uri: {regex: "${'a'.repeat(1024)}"}}]`),
      field: 'spec.http[0].match[0].uri.regex',
    },
    {
      rule: 'a header has no legal name',
      refused: routed('match: [{headers: {"x y": {exact: a}}}]'),
      accepted: routed('match: [{headers: {"x-y": {exact: a}}}]'),
      field: 'spec.http[0].match[0].headers.x y',
    },
    {
      rule: 'a port to match is out of range',
      refused: routed('match: [{port: 65536}]'),
      accepted: routed('match: [{port: 65535}]'),
      field: 'spec.http[0].match[0].port',
    },
    {
      rule: 'a timeout is finer than a millisecond',
      refused: routed('timeout: 1.0001s'),
      accepted: routed('timeout: 1.001s'),
      field: 'spec.http[0].timeout',
    },
    {
      rule: 'a timeout is 0',
      refused: routed('timeout: 0s'),
      accepted: routed('timeout: 1ms'),
      field: 'spec.http[0].timeout',
    },
    {
      rule: 'a claim stands in place of a header',
      refused: `spec: {hosts: [a], gateways: [g], http: [{${to}, match: [{headers: {"@request.auth.claims.a": {exact: b}}}]}]}`,
      accepted: `spec: {hosts: [a], gateways: [g], http: [{${to}, match: [{headers: {"x-a": {exact: b}}}]}]}`,
      field: 'spec.http[0].match[0].headers.@request.auth.claims.a',
      warns: true,
    },
    {
      rule: 'a claim is matched in the mesh',
      refused: `spec: {hosts: [a], http: [{${to}, match: [{headers: {"@request.auth.claims.a": {exact: b}}}]}]}`,
      accepted: `spec: {hosts: [a], http: [{${to}, match: [{headers: {"x-a": {exact: b}}}]}]}`,
      field: 'spec.http[0].match[0].headers.@request.auth.claims.a',
    },
    {
      rule: 'what stands in place of a header is no claim',
      refused: routed('match: [{headers: {"@request.auth.claims": {exact: b}}}]'),
      accepted: routed('match: [{headers: {":path": {exact: b}}}]'),
      field: 'spec.http[0].match[0].headers.@request.auth.claims',
    },
    {
      rule: 'a route stands behind one that takes everything',
      refused: `spec: {hosts: [a], http: [{${to}}, {${to}, match: [{uri: {prefix: /a}}]}]}`,
      accepted: `spec: {hosts: [a], http: [{${to}, match: [{uri: {prefix: /a}}]}, {${to}}]}`,
      field: 'spec.http[1]',
      warns: true,
    },
    {
      rule: 'a longer prefix stands behind a shorter one',
      refused: `spec: {hosts: [a], http: [{${to}, match: [{uri: {prefix: /a}}]}, {${to}, match: [{uri: {prefix: /ab}}, {uri: {prefix: /b}}]}]}`,
      accepted: `spec: {hosts: [a], http: [{${to}, match: [{uri: {prefix: /ab}}, {uri: {prefix: /b}}]}, {${to}, match: [{uri: {prefix: /a}}]}]}`,
      field: 'spec.http[1].match[0]',
      warns: true,
    },
    {
      rule: 'a TCP route stands behind one that takes everything',
      refused: `spec: {hosts: [a], tcp: [{${to}}, {${to}, match: [{port: 1}]}]}`,
      accepted: `spec: {hosts: [a], tcp: [{${to}, match: [{port: 1}]}, {${to}}]}`,
      field: 'spec.tcp[1]',
      warns: true,
    },
    {
      rule: 'a timeout is negative',
      refused: routed('timeout: -1s'),
      accepted: routed('timeout: 1ms'),
      field: 'spec.http[0].timeout',
    },
    {
      rule: 'retries are off and described',
      refused: routed('retries: {attempts: 0, retryOn: 5xx}'),
      accepted: routed('retries: {attempts: 1, retryOn: "5xx,503"}'),
      field: 'spec.http[0].retries.retryOn',
    },
    {
      rule: 'a retry condition is unknown',
      refused: routed('retries: {attempts: 1, retryOn: sometimes}'),
      accepted: routed('retries: {attempts: 1, retryOn: connect-failure}'),
      field: 'spec.http[0].retries.retryOn',
    },
    {
      rule: 'a redirect changes nothing',
      refused: http('redirect: {}'),
      accepted: http('redirect: {port: 8443}'),
      field: 'spec.http[0].redirect',
    },
    {
      rule: 'a redirect has another status',
      refused: http('redirect: {uri: /, redirectCode: 200}'),
      accepted: http('redirect: {uri: /, redirectCode: 308}'),
      field: 'spec.http[0].redirect.redirectCode',
    },
    {
      rule: 'a rewrite is doubled',
      refused: routed('rewrite: {uri: /, uriRegexRewrite: {match: a, rewrite: b}}'),
      accepted: routed('rewrite: {uriRegexRewrite: {match: a, rewrite: b}}'),
      field: 'spec.http[0].rewrite.uriRegexRewrite',
    },
    {
      rule: 'the authority is set twice',
      refused: routed('rewrite: {authority: b}, headers: {request: {set: {Host: c}}}'),
      accepted: routed('rewrite: {authority: b}, headers: {request: {set: {x-host: c}}}'),
      field: 'spec.http[0].headers.request.set.Host',
    },
    {
      rule: 'a pseudo-header is removed',
      refused: routed('headers: {request: {remove: [":path"]}}'),
      accepted: routed('headers: {request: {remove: [path]}}'),
      field: 'spec.http[0].headers.request.remove[0]',
    },
    {
      rule: 'a header value has a lone percent sign',
      refused: routed('headers: {request: {add: {a: 50%}}}'),
      accepted: routed('headers: {request: {add: {a: 50%%, b: "%REQ(x-a)%"}}}'),
      field: 'spec.http[0].headers.request.add.a',
    },
    {
      rule: 'a share is above 100',
      refused: routed('mirror: {host: c}, mirrorPercentage: {value: 100.1}'),
      accepted: routed('mirror: {host: c}, mirrorPercentage: {value: 99.9}'),
      field: 'spec.http[0].mirrorPercentage.value',
    },
    {
      rule: 'a fault does nothing',
      refused: routed('fault: {}'),
      accepted: routed('fault: {delay: {fixedDelay: 1s, percentage: {value: 1}}}'),
      field: 'spec.http[0].fault',
    },
    {
      rule: 'a CORS method is unknown',
      refused: routed('corsPolicy: {allowMethods: [get]}'),
      accepted: routed('corsPolicy: {allowMethods: [GET], allowOrigins: [{exact: "*"}], maxAge: 24h}'),
      field: 'spec.http[0].corsPolicy.allowMethods[0]',
    },
    {
      rule: 'an SNI host is not one of its hosts',
      refused: 'spec: {hosts: [a.b], tls: [{match: [{sniHosts: [c.d]}], route: [{destination: {host: b}}]}]}',
      accepted: 'spec: {hosts: ["*.b"], tls: [{match: [{sniHosts: [a.b]}], route: [{destination: {host: b}}]}]}',
      field: 'spec.tls[0].match[0].sniHosts[0]',
    },
    {
      rule: 'a TCP route is empty',
      refused: 'spec: {hosts: [a], tcp: [{match: [{port: 1}]}]}',
      accepted: 'spec: {hosts: [a], tcp: [{match: [{port: 1}], route: [{destination: {host: b}}]}]}',
      field: 'spec.tcp[0].route',
    },
    ...casesOf(
      'spec: {hosts: [a], http: [{□}]}',
      {
        rule: 'a destination is every service',
        refused: 'route: [{destination: {host: "*"}}]',
        accepted: 'route: [{destination: {host: b}}]',
        field: 'spec.http[0].route[0].destination.host',
      },
      {
        rule: 'the subset of a destination is none',
        refused: 'route: [{destination: {host: b, subset: c_d}}]',
        accepted: 'route: [{destination: {host: b, subset: c-d}}]',
        field: 'spec.http[0].route[0].destination.subset',
      },
      {
        rule: 'weights together are too great',
        refused:
          'route: [{destination: {host: b}, weight: 2147483647}, {destination: {host: c}, weight: 2147483647}, {destination: {host: d}, weight: 2}]',
        accepted:
          'route: [{destination: {host: b}, weight: 2147483647}, {destination: {host: c}, weight: 2147483647}, {destination: {host: d}, weight: 1}]',
        field: 'spec.http[0].route',
      },
      {
        rule: 'a redirect has nowhere to go',
        refused: 'redirect: {redirectCode: 301}',
        accepted: 'redirect: {redirectCode: 301, uri: /a}',
        field: 'spec.http[0].redirect',
      },
      {
        rule: 'a redirect leads to another scheme',
        refused: 'redirect: {scheme: ftp}',
        accepted: 'redirect: {scheme: https}',
        field: 'spec.http[0].redirect.scheme',
      },
      {
        rule: 'a redirect leads to no port',
        refused: 'redirect: {port: 65536}',
        accepted: 'redirect: {port: 65535}',
        field: 'spec.http[0].redirect.port',
      },
      {
        rule: 'the code of a redirect is none',
        refused: 'redirect: {uri: /a, redirectCode: 304}',
        accepted: 'redirect: {uri: /a, redirectCode: 303}',
        field: 'spec.http[0].redirect.redirectCode',
      },
      {
        rule: 'an answer has no status',
        refused: 'directResponse: {status: 199}',
        accepted: 'directResponse: {status: 200}',
        field: 'spec.http[0].directResponse.status',
      },
    ),
    ...casesOf(
      'spec: {hosts: [a], http: [{route: [{destination: {host: b}}], □}]}',
      {
        rule: 'a value of a header has a line break',
        refused: 'headers: {request: {set: {a: "b\\nc"}}}',
        accepted: 'headers: {request: {set: {a: "b\\tc"}}}',
        field: 'spec.http[0].headers.request.set.a',
      },
      {
        rule: 'the caller has no such namespace',
        refused: 'match: [{sourceNamespace: A}]',
        accepted: 'match: [{sourceNamespace: a}]',
        field: 'spec.http[0].match[0].sourceNamespace',
      },
      {
        rule: 'retries are negative',
        refused: 'retries: {attempts: -1}',
        accepted: 'retries: {attempts: 0}',
        field: 'spec.http[0].retries.attempts',
      },
      {
        rule: 'a rewrite changes nothing',
        refused: 'rewrite: {}',
        accepted: 'rewrite: {uri: /a}',
        field: 'spec.http[0].rewrite',
      },
      {
        rule: 'a path is rewritten in two ways',
        refused: 'rewrite: {uri: /a, uriRegexRewrite: {match: a, rewrite: b}}',
        accepted: 'rewrite: {uriRegexRewrite: {match: a, rewrite: b}}',
        field: 'spec.http[0].rewrite.uriRegexRewrite',
      },
      {
        rule: 'an expression rewrites to nothing',
        refused: 'rewrite: {uriRegexRewrite: {match: a}}',
        accepted: 'rewrite: {uriRegexRewrite: {match: a, rewrite: b}}',
        field: 'spec.http[0].rewrite.uriRegexRewrite.rewrite',
      },
      {
        rule: 'an origin says nothing',
        refused: 'corsPolicy: {allowOrigins: [{}]}',
        accepted: 'corsPolicy: {allowOrigins: [{exact: a}]}',
        field: 'spec.http[0].corsPolicy.allowOrigins[0]',
      },
      {
        rule: 'the age of an answer has parts of seconds',
        refused: 'corsPolicy: {maxAge: 1.5s}',
        accepted: 'corsPolicy: {maxAge: 2s}',
        field: 'spec.http[0].corsPolicy.maxAge',
      },
      {
        rule: 'an expression for a header is empty',
        refused: 'match: [{headers: {a: {regex: ""}}}]',
        accepted: 'match: [{headers: {a: {regex: "b"}}}]',
        field: 'spec.http[0].match[0].headers.a.regex',
      },
    ),
    ...casesOf(
      'spec: {hosts: [a], tcp: [{match: [{□}], route: [{destination: {host: b}}]}]}',
      {
        rule: 'a subnet is none',
        refused: 'destinationSubnets: [10.0.0.0/33]',
        accepted: 'destinationSubnets: [10.0.0.0/32]',
        field: 'spec.tcp[0].match[0].destinationSubnets[0]',
      },
      {
        rule: 'the port of a connection is none',
        refused: 'port: 65536',
        accepted: 'port: 65535',
        field: 'spec.tcp[0].match[0].port',
      },
    ),
    ...casesOf(
      'spec: {hosts: [a], http: [{route: [{destination: {host: b}}], □}]}',
      {
        rule: 'requests are mirrored in two ways',
        refused: 'mirror: {host: c}, mirrors: [{destination: {host: c}}]',
        accepted: 'mirrors: [{destination: {host: c}}]',
        field: 'spec.http[0].mirrors',
      },
      {
        rule: 'the part that is mirrored has its old name',
        warns: true,
        refused: 'mirror: {host: c}, mirrorPercent: 1',
        accepted: 'mirror: {host: c}, mirrorPercentage: {value: 1}',
        field: 'spec.http[0].mirrorPercent',
      },
      {
        rule: 'more than all is mirrored',
        refused: 'mirror: {host: c}, mirrorPercentage: {value: 101}',
        accepted: 'mirror: {host: c}, mirrorPercentage: {value: 100}',
        field: 'spec.http[0].mirrorPercentage.value',
      },
      {
        rule: 'a fault is none',
        refused: 'fault: {}',
        accepted: 'fault: {delay: {fixedDelay: 1s}}',
        field: 'spec.http[0].fault',
      },
      {
        rule: 'a delay grows',
        refused: 'fault: {delay: {exponentialDelay: 1s}}',
        accepted: 'fault: {delay: {fixedDelay: 1s}}',
        field: 'spec.http[0].fault.delay.exponentialDelay',
      },
      {
        rule: 'a request is aborted by no status',
        refused: 'fault: {abort: {httpStatus: 199}}',
        accepted: 'fault: {abort: {httpStatus: 200}}',
        field: 'spec.http[0].fault.abort.httpStatus',
      },
      {
        rule: 'a call is aborted by no status',
        refused: 'fault: {abort: {grpcStatus: NOT_WELL}}',
        accepted: 'fault: {abort: {grpcStatus: UNAVAILABLE}}',
        field: 'spec.http[0].fault.abort.grpcStatus',
      },
      {
        rule: 'a stream is aborted',
        refused: 'fault: {abort: {http2Error: a}}',
        accepted: 'fault: {abort: {httpStatus: 500}}',
        field: 'spec.http[0].fault.abort.http2Error',
      },
    ),
    ...casesOf('spec: {hosts: [□], http: [{route: [{destination: {host: b}}]}]}', {
      rule: 'a host is none',
      refused: 'a_b',
      accepted: 'a-b',
      field: 'spec.hosts[0]',
    }),
    ...casesOf(
      'spec: {hosts: [a], tls: [{match: [□], route: [{destination: {host: b}}]}]}',
      { rule: 'a route of TLS matches nothing', refused: '', accepted: '{sniHosts: [a]}', field: 'spec.tls[0].match' },
      {
        rule: 'no server name is matched',
        refused: '{sniHosts: []}',
        accepted: '{sniHosts: [a]}',
        field: 'spec.tls[0].match[0].sniHosts',
      },
      {
        rule: 'a server name is none',
        refused: '{sniHosts: [a_b]}',
        accepted: '{sniHosts: [a]}',
        field: 'spec.tls[0].match[0].sniHosts[0]',
      },
    ),
  ],
  examples: [
    `spec:
  hosts: [a.mesh]
  gateways: [mesh, ns/edge]
  exportTo: ["*"]
  http:
    - name: one
      match:
        - name: a
          uri: {prefix: /A}
          ignoreUriCase: true
          scheme: {exact: https}
          method: {exact: GET}
          authority: {regex: "a.*"}
          headers: {x-a: {prefix: b}}
          withoutHeaders: {x-b: {exact: c}}
          queryParams: {q: {exact: d}}
          port: 80
          gateways: [mesh]
          sourceLabels: {app: a}
          sourceNamespace: ns
          statPrefix: a
      rewrite: {authority: b, uriRegexRewrite: {match: a, rewrite: b}}
      timeout: 1s
      retries: {attempts: 2, perTryTimeout: 1s, retryOn: 5xx, retryRemoteLocalities: true, retryIgnorePreviousHosts: true, backoff: 1s}
      fault: {delay: {percent: 1, fixedDelay: 1s}, abort: {httpStatus: 500, percentage: {value: 0.5}}}
      mirror: {host: b, subset: v1, port: {number: 1}}
      mirrorPercentage: {value: 1}
      corsPolicy:
        allowOrigins: [{exact: a}, {prefix: b}, {regex: c}]
        allowMethods: [GET]
        allowHeaders: [x-a]
        exposeHeaders: [x-b]
        maxAge: 1s
        allowCredentials: true
        unmatchedPreflights: IGNORE
      headers: {request: {set: {a: b}, add: {c: d}, remove: [e]}, response: {set: {a: b}, add: {c: d}, remove: [e]}}
      route:
        - destination: {host: b, subset: v1, port: {number: 1}}
          weight: 1
          headers: {request: {set: {a: b}, add: {c: d}, remove: [e]}, response: {set: {a: b}, add: {c: d}, remove: [e]}}
    - match: [{uri: {prefix: /b}}]
      mirrors: [{destination: {host: b, subset: v1, port: {number: 1}}, percentage: {value: 1}}]
      corsPolicy: {allowOrigin: [a]}
      route: [{destination: {host: b}}]
    - {match: [{uri: {prefix: /c}}], redirect: {uri: /d, authority: e, scheme: https, redirectCode: 302, derivePort: FROM_REQUEST_PORT}}
    - {match: [{uri: {prefix: /e}}], redirect: {prefixRewrite: /f, scheme: https}}
    - {match: [{uri: {prefix: /f}}], directResponse: {status: 200, body: {bytes: YQ==}}}
  tls:
    - match:
        - {sniHosts: [a.mesh], destinationSubnets: [10.0.0.0/8], port: 1, sourceLabels: {a: b}, gateways: [mesh], sourceNamespace: ns}
      route: [{destination: {host: b, subset: v1, port: {number: 1}}, weight: 100}]
  tcp:
    - match:
        - {destinationSubnets: [10.0.0.0/8], port: 1, sourceSubnet: 10.0.0.0/8, sourceLabels: {a: b}, gateways: [mesh], sourceNamespace: ns}
      route: [{destination: {host: b, subset: v1, port: {number: 1}}, weight: 100}]`,
    'spec: {hosts: [a.mesh], http: [{delegate: {name: a, namespace: ns}}]}',
    ...(['exact', 'prefix', 'regex'] as const).map(
      way =>
        `spec: {hosts: [a.mesh], http: [{match: [{uri: {${way}: /a}, scheme: {${way}: http}, method: {${way}: GET}, authority: {${way}: a}, headers: {x-a: {${way}: a}}, withoutHeaders: {x-b: {${way}: a}}, queryParams: {q: {${way}: a}}}], route: [{destination: {host: b}}]}]}`,
    ),
  ],
}
