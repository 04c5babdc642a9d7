/** Values of a node's metadata, which is whatever the client sent: typed, bounded, or refused with `NODE_INVALID`. */

import { isIpAddress } from '../config/kinds/host-syntax.ts'
import type { Labels } from '../config/meaning/selector.ts'
import { MeshwrightError } from '../platform/errors.ts'
import type { ProxyIdentity } from './proxy.ts'

type Metadata = Readonly<Record<string, unknown>>

/** '' when absent. */
export function textOf(metadata: Metadata, key: string): string {
  const value = metadata[key] ?? ''
  if (typeof value !== 'string') throw invalid(key, 'is not a text')
  if (value.length > longestValue) throw invalid(key, `is longer than ${longestValue} characters`)
  return value
}

/** Istio writes booleans as text. */
export function flag(metadata: Metadata, key: string): boolean {
  const value = metadata[key]
  return value === true || value === 'true' || value === '1'
}

/** INSTANCE_IPS, the address of the node id first. */
export function addressesOf(metadata: Metadata, idAddress: string): readonly string[] {
  const listed = textOf(metadata, 'INSTANCE_IPS')
    .split(',')
    .map(address => address.trim())
    .filter(address => address !== '')
  for (const address of listed)
    if (!isIpAddress(address)) throw invalid('INSTANCE_IPS', 'holds something else than IP addresses')
  const addresses = [...new Set(idAddress === '' ? listed : [idAddress, ...listed])]
  if (addresses.length > mostAddresses) throw invalid('INSTANCE_IPS', `holds more than ${mostAddresses} addresses`)
  return addresses
}

export function labelsOf(metadata: Metadata): Labels {
  const value = metadata.LABELS ?? {}
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('LABELS', 'is not a map of labels')
  const labels = Object.entries(value)
  if (labels.length > mostLabels) throw invalid('LABELS', `holds more than ${mostLabels} labels`)
  const sorted: [string, string][] = []
  for (const [label, text] of labels) {
    if (typeof text !== 'string') throw invalid('LABELS', 'holds a value that is not a text')
    if (label.length > longestLabel || text.length > longestLabel)
      throw invalid('LABELS', `holds a text longer than ${longestLabel} characters`)
    sorted.push([label, text])
  }
  return Object.freeze(Object.fromEntries(sorted.sort(byLabel)))
}

export function interceptionModeOf(metadata: Metadata): ProxyIdentity['interceptionMode'] {
  const mode = textOf(metadata, 'INTERCEPTION_MODE') || 'REDIRECT'
  if (mode === 'REDIRECT' || mode === 'TPROXY' || mode === 'NONE') return mode
  throw invalid('INTERCEPTION_MODE', 'is not REDIRECT, TPROXY or NONE')
}

const longestValue = 4096
const longestLabel = 317
const mostLabels = 256
const mostAddresses = 32

function byLabel([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function invalid(key: string, reason: string): MeshwrightError {
  return new MeshwrightError('NODE_INVALID', { message: `the node's metadata ${key} ${reason}` })
}
