/** Of the ProxyConfig, limits of connections from clients. */

import { zeroOrPositiveDuration } from '../kinds/duration-rules.ts'
import { bool, enumeration, field, int32, message, optional, ruled, wrapped } from '../schema/fields.ts'
import { proxySetting } from './proxy-setting.ts'

const atLeast = (lowest: number) =>
  optional(
    wrapped(
      ruled(int32(), {
        cel: `self >= ${lowest}`,
        holds: value => value >= lowest,
        reason: `is less than ${lowest}`,
        remedy: `use ${lowest} or more`,
      }),
    ),
  )

const window = (of: string) =>
  field(`How much may be under way on ${of} of HTTP/2 before it is taken up.`, atLeast(65_535), { unit: 'bytes' })

const time = (description: string) => field(description, optional(zeroOrPositiveDuration()), { unit: 'duration' })

export const connectionSettings = {
  connectionSettings: proxySetting(
    'Limits of connections from clients.',
    message({
      profile: field(
        'The defaults of the others: `SIDECAR` has none, `EDGE` those that Envoy recommends for the edge of a network.',
        optional(enumeration({ SIDECAR: 0, EDGE: 1 })),
        { default: '`SIDECAR`' },
      ),
      listenerPerConnectionBufferLimitBytes: field('The most that is held of a connection from a client.', atLeast(0), {
        unit: 'bytes',
      }),
      clusterPerConnectionBufferLimitBytes: field('The most that is held of a connection to a service.', atLeast(0), {
        unit: 'bytes',
      }),
      httpIdleTimeout: time('How long a connection without requests is kept.'),
      httpMaxConnectionDuration: time('The longest that a connection may live.'),
      httpDrainTimeout: time('How long a connection is drained before it is ended.'),
      httpRequestTimeout: time('How long a whole request may take to come.'),
      httpRequestHeadersTimeout: time('How long the headers of a request may take to come.'),
      httpStreamIdleTimeout: time('How long nothing may happen on a stream.'),
      httpMaxStreamDuration: time('The longest that a stream may live.'),
      httpMaxConcurrentStreams: field('The most streams at a time on a connection of HTTP/2.', atLeast(1)),
      http2InitialStreamWindowSize: window('a stream'),
      http2InitialConnectionWindowSize: window('a connection'),
      httpHeadersWithUnderscoresAction: field(
        'What becomes of headers with `_` in their names.',
        optional(
          enumeration({
            HEADERS_WITH_UNDERSCORES_UNSPECIFIED: 0,
            HEADERS_WITH_UNDERSCORES_ALLOW: 1,
            HEADERS_WITH_UNDERSCORES_REJECT_REQUEST: 2,
            HEADERS_WITH_UNDERSCORES_DROP_HEADER: 3,
          }),
        ),
      ),
      httpMergeSlashes: field('Slashes side by side in paths become one.', optional(wrapped(bool()))),
      httpPathWithEscapedSlashesAction: field(
        'What becomes of paths with `%2F` or `%5C`.',
        optional(
          enumeration({
            PATH_WITH_ESCAPED_SLASHES_UNSPECIFIED: 0,
            KEEP_UNCHANGED: 1,
            REJECT_REQUEST: 2,
            UNESCAPE_AND_REDIRECT: 3,
            UNESCAPE_AND_FORWARD: 4,
          }),
        ),
      ),
      listenerConnectionLimit: field('The most connections of a listener.', atLeast(1)),
      globalDownstreamConnectionLimit: field('The most connections from clients of the whole proxy.', atLeast(1)),
    }),
  ),
}
