/** networking.istio.io `Destination`: a service, or a subset of one, at a port. */

import { field, message, optional, portNumber, requiredText, text, type Value } from '../schema/fields.ts'
import { isHostLabel, isWildcardHost } from './host-syntax.ts'
import type { Report } from './kind.ts'

export const destination = message({
  host: field('The service: its full name, or a short one in the namespace of the object.', requiredText(255)),
  subset: field('A subset that the DestinationRule of the service names.', optional(text(63)), {
    default: 'every endpoint',
  }),
  port: field('The port of the service.', optional(message({ number: field('Its number.', portNumber()) })), {
    default: "the service's only port, else the port that was called",
  }),
})

export type Destination = Value<typeof destination>

export function checkDestination({ host, subset }: Destination, field: string, report: Report): void {
  if (host === '*' || !isWildcardHost(host))
    report.error(`${field}.host`, `${host} is not the host of one service`, 'name a service')
  if ((subset ?? '') !== '' && !isHostLabel(subset ?? '')) {
    report.error(`${field}.subset`, `${subset} is not a subset name`, 'use letters, digits and -')
  }
}
