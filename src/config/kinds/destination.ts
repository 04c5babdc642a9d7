/** networking.istio.io `Destination`: a service, or a subset of one, at a port. */

import { message, optional, requiredText, text, uint32, type Value } from '../schema/fields.ts'
import { isHostLabel, isPort, isWildcardHost } from './host-syntax.ts'
import type { Report } from './kind.ts'

export const destination = message({
  host: requiredText(255),
  subset: optional(text(63)),
  port: optional(message({ number: uint32() })),
})

export type Destination = Value<typeof destination>

export function checkDestination({ host, subset, port }: Destination, field: string, report: Report): void {
  if (host === '*' || !isWildcardHost(host))
    report.error(`${field}.host`, `${host} is not the host of one service`, 'name a service')
  if ((subset ?? '') !== '' && !isHostLabel(subset ?? '')) {
    report.error(`${field}.subset`, `${subset} is not a subset name`, 'use letters, digits and -')
  }
  if (port !== undefined && !isPort(port.number))
    report.error(`${field}.port.number`, `${port.number} is not a port`, 'use 1 to 65535')
}
