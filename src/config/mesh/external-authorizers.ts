/** Providers that decide about requests for AuthorizationPolicies with action `CUSTOM`. */

import { zeroOrPositiveDuration } from '../kinds/duration-rules.ts'
import { bool, field, list, map, message, optional, text, uint32 } from '../schema/fields.ts'
import { providerService } from './provider-service.ts'

const requestBody = message({
  maxRequestBytes: field('The most of a body that is held and sent along.', optional(uint32()), { unit: 'bytes' }),
  allowPartialMessage: field(
    'A longer body is cut; otherwise its request is refused with 413, `failOpen` or not.',
    optional(bool()),
    { default: 'false' },
  ),
  packAsBytes: field('The body is sent as bytes and not as text. By gRPC only.', optional(bool()), {
    default: 'false',
  }),
})

const authorizer = {
  ...providerService,
  timeout: field('How long an answer may take.', optional(zeroOrPositiveDuration()), {
    unit: 'duration',
    default: '600s',
  }),
  failOpen: field('Requests are let through while the authorizer does not answer, or fails.', optional(bool()), {
    default: 'false: they are refused',
  }),
  clearRouteCache: field('The route is chosen again after an answer that changes headers.', optional(bool()), {
    default: 'false',
  }),
  statusOnError: field('The HTTP status of a refusal because the authorizer fails.', optional(text(3)), {
    default: '403',
  }),
  includeRequestBodyInCheck: field('The body of the request is sent along.', optional(requestBody), {
    default: 'no body',
  }),
}

const headers = () => optional(list(text(256), 256))

export const envoyExtAuthzHttp = message({
  ...authorizer,
  pathPrefix: field('Stands before the path of the request in the question.', optional(text(8192))),
  includeHeadersInCheck: field('Headers of the request that are sent along.', headers(), {
    deprecated: 'use `includeRequestHeadersInCheck`',
  }),
  includeRequestHeadersInCheck: field(
    'Headers of the request that are sent along; `abc*` and `*abc` match beginnings and ends.',
    headers(),
    { default: 'host, method, path and content-length only' },
  ),
  includeAdditionalHeadersInCheck: field('Headers with fixed values that are sent along.', optional(map(text(8192)))),
  headersToUpstreamOnAllow: field('Headers of a positive answer that the request gets.', headers(), {
    default: 'the request stays as it is',
  }),
  headersToDownstreamOnDeny: field('Headers of a negative answer that the client gets.', headers(), {
    default: 'all but the authority',
  }),
  headersToDownstreamOnAllow: field('Headers of a positive answer that the client gets.', headers(), {
    default: 'the response stays as it is',
  }),
})

export const envoyExtAuthzGrpc = message(authorizer)
