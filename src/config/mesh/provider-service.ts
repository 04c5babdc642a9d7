/** Where a provider is: a service of the mesh, and how it is called. */

import { zeroOrPositiveDuration } from '../kinds/duration-rules.ts'
import { field, list, message, optional, requiredText, secretText, text, uint32 } from '../schema/fields.ts'

/** Of a provider that is a service. Absent fields are warned of, as Istio does: whoever names no such provider does not care. */
export const providerService = {
  service: field(
    'The host of a Service or a ServiceEntry; `NAMESPACE/HOST` where several namespaces have it.',
    optional(text(512)),
    { default: 'none: the provider cannot be used' },
  ),
  port: field('The port of the service.', optional(uint32()), { default: 'none: the provider cannot be used' }),
}

export const maxTagLength = field('The longest path that a span carries.', optional(uint32()), { default: '256' })

export const httpHeader = message(
  {
    name: field('The name of the header.', requiredText(256)),
    value: field('The value of the header.', optional(secretText())),
    envName: field(
      "A variable of the proxy's environment that holds the value, so that no secret stands here.",
      optional(text(256)),
    ),
  },
  { exclusive: [['value', 'envName']] },
)

export const httpService = message({
  path: field('The path that is called.', optional(text(8192))),
  timeout: field('How long a call may take.', optional(zeroOrPositiveDuration()), { unit: 'duration' }),
  headers: field('Headers that calls carry.', optional(list(httpHeader, 64))),
})

export const grpcService = message({
  timeout: field('How long a call may take.', optional(zeroOrPositiveDuration()), { unit: 'duration' }),
  initialMetadata: field('Metadata that calls carry.', optional(list(httpHeader, 64))),
})
