/** networking.istio.io `HTTPRoute`: one rule of a VirtualService for HTTP. */

import {
  base64,
  bool,
  double,
  enumeration,
  field,
  int32,
  list,
  message,
  optional,
  regex,
  text,
  uint32,
  type Value,
  wrapped,
} from '../schema/fields.ts'
import { destination } from './destination.ts'
import { positiveMilliseconds } from './duration-rules.ts'
import { headerOperations } from './header-operations.ts'
import { httpMatch } from './http-match.ts'
import { httpRetries } from './http-retries.ts'
import { stringMatch } from './string-match.ts'

const percent = message({ value: field('0 to 100.', optional(double()), { unit: 'percent', default: '0' }) })

const weightedDestination = message({
  destination: field('Where it goes.', destination),
  weight: field(
    'Its share, relative to the sum of all weights. A single destination gets everything.',
    optional(int32()),
    {
      default: '0',
    },
  ),
  headers: field('Changes of headers for this destination only.', optional(headerOperations)),
})

const redirect = message(
  {
    uri: field('The path to go to.', optional(text(8192)), { default: "the request's" }),
    authority: field('The host to go to.', optional(text(512)), { default: "the request's" }),
    port: field('The port to go to.', optional(uint32()), { default: "the request's" }),
    derivePort: field(
      "`FROM_PROTOCOL_DEFAULT`: 80 or 443, by the scheme. `FROM_REQUEST_PORT`: the request's.",
      optional(enumeration({ FROM_PROTOCOL_DEFAULT: 0, FROM_REQUEST_PORT: 1 })),
      { notInForce: 'nothing is derived: Envoy keeps the port of the authority' },
    ),
    scheme: field('`http` or `https`.', optional(text(16)), { default: "the request's" }),
    redirectCode: field('301, 302, 303, 307 or 308.', optional(uint32()), { default: '301; so is 0' }),
    prefixRewrite: field('What stands in the place of the matched prefix of the path.', optional(text(8192)), {
      since: '1.31',
      notInForce: 'the path is kept',
    }),
  },
  { exclusive: [['port', 'derivePort']] },
)

const responseBody = message(
  {
    string: field('As text.', optional(text())),
    bytes: field('As bytes.', optional(base64()), { unit: 'base64' }),
  },
  { exclusive: [['string', 'bytes']] },
)

const directResponse = message({
  status: field('The status of the answer, 200 to 599.', uint32()),
  body: field('The body of the answer.', optional(responseBody), { default: 'empty' }),
})

const regexRewrite = message({
  match: field('What is replaced in the path: RE2 syntax.', optional(regex())),
  rewrite: field('What it becomes; `\\1` is the first group.', optional(text(8192))),
})

const rewrite = message({
  uri: field('What stands in the place of the matched path or prefix.', optional(text(8192)), {
    default: 'the path is kept',
  }),
  authority: field('The host that the destination sees.', optional(text(512)), { default: 'the host is kept' }),
  uriRegexRewrite: field('A replacement by an expression.', optional(regexRewrite)),
})

const delay = message(
  {
    percent: field('The share of requests that wait.', optional(int32()), {
      unit: 'percent',
      deprecated: 'use `percentage`',
    }),
    fixedDelay: field('How long they wait.', optional(positiveMilliseconds()), { unit: 'duration' }),
    exponentialDelay: field('Envoy has no such delay, so it is refused.', optional(positiveMilliseconds()), {
      unit: 'duration',
      deprecated: 'use `fixedDelay`',
    }),
    percentage: field('The share of requests that wait.', optional(percent), { default: '100' }),
  },
  { exclusive: [['fixedDelay', 'exponentialDelay']] },
)

const abort = message(
  {
    httpStatus: field('The status that is answered, 200 to 599.', optional(int32())),
    grpcStatus: field('The gRPC status that is answered, by its name.', optional(text(64))),
    http2Error: field('Envoy has no such fault, so it is refused.', optional(text(64)), {
      deprecated: 'use `httpStatus` or `grpcStatus`',
    }),
    percentage: field('The share of requests that fail.', optional(percent), { default: '100' }),
  },
  { exclusive: [['httpStatus', 'grpcStatus', 'http2Error']] },
)

const fault = message({
  delay: field('Requests that wait before they are sent on.', optional(delay)),
  abort: field('Requests that are answered with an error.', optional(abort)),
})

const corsPolicy = message({
  allowOrigin: field('Origins that may call, to the letter; `*` is any.', optional(list(text(2048), 256)), {
    deprecated: 'use `allowOrigins`',
  }),
  allowOrigins: field('Origins that may call.', optional(list(stringMatch, 256))),
  allowMethods: field('Methods that they may use.', optional(list(text(64), 64))),
  allowHeaders: field('Headers that they may send.', optional(list(text(512), 256))),
  exposeHeaders: field('Headers of the response that their scripts may read.', optional(list(text(512), 256))),
  maxAge: field('How long a browser may remember the answer: whole seconds.', optional(positiveMilliseconds()), {
    unit: 'duration',
    default: "the browser's",
  }),
  allowCredentials: field('Whether cookies and the like may be sent.', optional(wrapped(bool())), { default: 'false' }),
  unmatchedPreflights: field(
    'What becomes of a preflight from another origin: `FORWARD` sends it to the service, `IGNORE` answers it without permission.',
    optional(enumeration({ UNSPECIFIED: 0, FORWARD: 1, IGNORE: 2 })),
    { default: '`FORWARD`', since: '1.23' },
  ),
})

const delegate = message({
  name: field('Its name.', optional(text(253))),
  namespace: field('Its namespace.', optional(text(63)), { default: "the object's" }),
})

const mirror = message({
  destination: field('Where the copy goes.', destination),
  percentage: field('The share of requests that are copied.', optional(percent), { default: '100' }),
})

export const httpRoute = message({
  name: field('The name of the route, for logs and statistics.', optional(text(253))),
  match: field('The route is taken when one of these holds.', optional(list(httpMatch, 256)), { default: 'always' }),
  route: field('Where requests go, by weight.', optional(list(weightedDestination, 256))),
  redirect: field('Answers with a redirect.', optional(redirect)),
  directResponse: field('Answers at once, with a status and a body.', optional(directResponse)),
  delegate: field('The VirtualService whose routes stand here, with these matches before theirs.', optional(delegate), {
    notInForce: 'the route is left out',
  }),
  rewrite: field('What is changed in the path and the host before a request is sent on.', optional(rewrite)),
  timeout: field('How long the whole response may take, retries included.', optional(positiveMilliseconds()), {
    unit: 'duration',
    default: 'no limit',
  }),
  retries: field('When a failed request is tried again.', optional(httpRetries), {
    default: "the mesh's `defaultHttpRetryPolicy`",
  }),
  fault: field('Errors and delays on purpose.', optional(fault)),
  mirror: field('Where a copy of each request goes; its response is thrown away.', optional(destination)),
  mirrors: field('Where copies of requests go; their responses are thrown away.', optional(list(mirror, 64))),
  mirrorPercent: field('The share of requests that are copied.', optional(wrapped(uint32())), {
    unit: 'percent',
    alias: 'mirror_percent',
    deprecated: 'use `mirrorPercentage`',
  }),
  mirrorPercentage: field('The share of requests that `mirror` gets.', optional(percent), { default: '100' }),
  corsPolicy: field('Which web pages of other origins may call.', optional(corsPolicy)),
  headers: field('Changes of headers for every destination.', optional(headerOperations)),
})

export type HttpRoute = Value<typeof httpRoute>
export type HttpRouteDestination = Value<typeof weightedDestination>
export type HttpRedirect = Value<typeof redirect>
export type HttpRewrite = Value<typeof rewrite>
export type HttpDirectResponse = Value<typeof directResponse>
export type HttpFault = Value<typeof fault>
export type CorsPolicy = Value<typeof corsPolicy>
