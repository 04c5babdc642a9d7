import type { RuleTable } from '../rule-cases.ts'

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
      rule: 'a timeout is negative',
      refused: routed('timeout: -1s'),
      accepted: routed('timeout: 0s'),
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
  ],
}
