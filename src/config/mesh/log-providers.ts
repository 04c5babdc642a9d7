/** Providers that take access logs. */

import { bool, field, list, message, optional, struct, text } from '../schema/fields.ts'
import { providerService } from './provider-service.ts'

const logText = field("A line with Envoy's commands, such as `%REQ(:path)%`.", optional(text(65_536)))

export const envoyFileAccessLog = message({
  path: field('The file that lines are appended to.', optional(text(4096)), { unit: 'path' }),
  logFormat: field(
    'What a line looks like.',
    optional(
      message(
        {
          text: logText,
          labels: field('A JSON object instead, whose values are such lines.', optional(struct())),
        },
        { exclusive: [['text', 'labels']] },
      ),
    ),
    { default: "Istio's format" },
  ),
  omitEmptyValues: field('What is empty is left out, and not written as `-`.', optional(bool()), {
    default: 'false',
  }),
})

const log = {
  ...providerService,
  logName: field('The name of the log.', optional(text(1024))),
}

const names = () => optional(list(text(256), 256))
const filterStateObjectsToLog = field('Objects of the filter state that are sent along.', names())

export const envoyHttpAls = message({
  ...log,
  filterStateObjectsToLog,
  additionalRequestHeadersToLog: field('Headers of requests that are sent along.', names()),
  additionalResponseHeadersToLog: field('Headers of responses that are sent along.', names()),
  additionalResponseTrailersToLog: field('Trailers of responses that are sent along.', names()),
})

export const envoyTcpAls = message({ ...log, filterStateObjectsToLog })

export const envoyOtelAls = message({
  ...log,
  logFormat: field(
    'What a log entry holds: a text, and attributes beside it.',
    optional(
      message({
        text: logText,
        labels: field('Attributes, whose values are such texts.', optional(struct())),
      }),
    ),
  ),
})
