/** networking.istio.io `HTTPRoute`: one rule of a VirtualService for HTTP. */

import {
  base64,
  bool,
  double,
  duration,
  enumeration,
  int32,
  list,
  message,
  optional,
  regex,
  text,
  uint32,
  type Value,
} from '../schema/fields.ts'
import { destination } from './destination.ts'
import { headerOperations } from './header-operations.ts'
import { httpMatch } from './http-match.ts'
import { httpRetries } from './http-retries.ts'
import { stringMatch } from './string-match.ts'

const percent = message({ value: optional(double()) })

const weightedDestination = message({
  destination,
  weight: optional(int32()),
  headers: optional(headerOperations),
})

const redirect = message(
  {
    uri: optional(text(8192)),
    authority: optional(text(512)),
    port: optional(uint32()),
    derivePort: optional(enumeration({ FROM_PROTOCOL_DEFAULT: 0, FROM_REQUEST_PORT: 1 })),
    scheme: optional(text(16)),
    redirectCode: optional(uint32()),
  },
  { exclusive: [['port', 'derivePort']] },
)

const directResponse = message({
  status: uint32(),
  body: optional(
    message({ string: optional(text()), bytes: optional(base64()) }, { exclusive: [['string', 'bytes']] }),
  ),
})

const rewrite = message({
  uri: optional(text(8192)),
  authority: optional(text(512)),
  uriRegexRewrite: optional(message({ match: optional(regex()), rewrite: optional(text(8192)) })),
})

const fault = message({
  delay: optional(
    message(
      {
        percent: optional(int32()),
        fixedDelay: optional(duration()),
        exponentialDelay: optional(duration()),
        percentage: optional(percent),
      },
      { exclusive: [['fixedDelay', 'exponentialDelay']] },
    ),
  ),
  abort: optional(
    message(
      {
        httpStatus: optional(int32()),
        grpcStatus: optional(text(64)),
        http2Error: optional(text(64)),
        percentage: optional(percent),
      },
      { exclusive: [['httpStatus', 'grpcStatus', 'http2Error']] },
    ),
  ),
})

const corsPolicy = message({
  allowOrigin: optional(list(text(2048), 256)),
  allowOrigins: optional(list(stringMatch, 256)),
  allowMethods: optional(list(text(64), 64)),
  allowHeaders: optional(list(text(512), 256)),
  exposeHeaders: optional(list(text(512), 256)),
  maxAge: optional(duration()),
  allowCredentials: optional(bool()),
  unmatchedPreflights: optional(enumeration({ UNSPECIFIED: 0, FORWARD: 1, IGNORE: 2 })),
})

export const httpRoute = message({
  name: optional(text(253)),
  match: optional(list(httpMatch, 256)),
  route: optional(list(weightedDestination, 256)),
  redirect: optional(redirect),
  directResponse: optional(directResponse),
  delegate: optional(message({ name: optional(text(253)), namespace: optional(text(63)) })),
  rewrite: optional(rewrite),
  timeout: optional(duration()),
  retries: optional(httpRetries),
  fault: optional(fault),
  mirror: optional(destination),
  mirrors: optional(list(message({ destination, percentage: optional(percent) }), 64)),
  mirrorPercent: optional(uint32()),
  mirrorPercentage: optional(percent),
  corsPolicy: optional(corsPolicy),
  headers: optional(headerOperations),
})

export type HttpRoute = Value<typeof httpRoute>
export type HttpRouteDestination = Value<typeof weightedDestination>
export type HttpRedirect = Value<typeof redirect>
export type HttpRewrite = Value<typeof rewrite>
export type HttpDirectResponse = Value<typeof directResponse>
export type HttpFault = Value<typeof fault>
export type CorsPolicy = Value<typeof corsPolicy>
