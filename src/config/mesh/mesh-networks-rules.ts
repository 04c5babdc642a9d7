/** What the MeshNetworks may say, beyond their form. */

import ipaddr from 'ipaddr.js'
import { isHostLabel, isHostname, isIpAddress, isIpOrCidr, isPort } from '../kinds/host-syntax.ts'
import type { Report } from '../kinds/kind.ts'
import { join } from '../schema/field-path.ts'
import type { MeshNetwork, MeshNetworks } from './mesh-networks-message.ts'

export function checkMeshNetworks({ networks = {} }: MeshNetworks, report: Report): void {
  const claims: Claims = { ranges: [], registries: new Map() }
  for (const [name, network] of Object.entries(networks)) {
    const field = join('networks', name)
    if (name === '') report.error('networks', 'has a network without a name', 'name it')
    checkEndpoints(name, network.endpoints ?? [], { field, claims, report })
    for (const [index, gateway] of (network.gateways ?? []).entries())
      checkGateway(gateway, `${field}.gateways[${index}]`, report)
  }
}

/** What networks have claimed for themselves, to be told when another does. */
interface Claims {
  readonly ranges: { readonly network: string; readonly cidr: string }[]
  readonly registries: Map<string, string>
}

interface Context {
  readonly field: string
  readonly claims: Claims
  readonly report: Report
}

function checkEndpoints(
  name: string,
  endpoints: NonNullable<MeshNetwork['endpoints']>,
  { field, claims, report }: Context,
): void {
  for (const [index, { fromCidr, fromRegistry }] of endpoints.entries()) {
    const at = `${field}.endpoints[${index}]`
    if (fromCidr === undefined && fromRegistry === undefined)
      report.warning(at, 'names no endpoints', 'add fromCidr or fromRegistry')
    if (fromRegistry !== undefined) {
      if (!isHostLabel(fromRegistry)) report.error(`${at}.fromRegistry`, `'${fromRegistry}' is not the id of a cluster`)
      const other = claims.registries.get(fromRegistry)
      if (other !== undefined)
        report.warning(
          `${at}.fromRegistry`,
          `${fromRegistry} is of network ${other} already, which counts`,
          'remove one',
        )
      else claims.registries.set(fromRegistry, name)
    }
    if (fromCidr === undefined) continue
    if (!isIpOrCidr(fromCidr)) {
      report.error(`${at}.fromCidr`, `'${fromCidr}' is not a range of addresses`, 'write it like 10.1.0.0/16')
      continue
    }
    const other = claims.ranges.find(({ network, cidr }) => network !== name && overlap(cidr, fromCidr))
    if (other !== undefined) {
      const reason = `${fromCidr} overlaps ${other.cidr} of network ${other.network}`
      report.warning(`${at}.fromCidr`, `${reason}: an address is of the narrower`, 'keep networks apart')
    }
    claims.ranges.push({ network: name, cidr: fromCidr })
  }
}

function checkGateway(gateway: NonNullable<MeshNetwork['gateways']>[number], field: string, report: Report): void {
  const { address, registryServiceName, port } = gateway
  if (address === undefined && registryServiceName === undefined)
    report.warning(field, 'leads nowhere', 'add its address')
  if (address !== undefined && !isIpAddress(address) && !isHostname(address))
    report.error(`${field}.address`, `'${address}' is neither an IP address nor a host name`)
  if (registryServiceName !== undefined && !isHostname(registryServiceName))
    report.error(`${field}.registryServiceName`, `'${registryServiceName}' is not a host name`)
  if (!isPort(port)) report.error(`${field}.port`, `${port} is not a port`, 'use 1 to 65535')
}

/** Whether one of the two ranges is within the other; both are well-formed. */
function overlap(a: string, b: string): boolean {
  const [first, second] = [parseRange(a), parseRange(b)]
  if (first[0].kind() !== second[0].kind()) return false
  const prefix = Math.min(first[1], second[1])
  return first[0].match([second[0], prefix] as [ipaddr.IPv4 & ipaddr.IPv6, number])
}

/** An address is the range of itself. Throws where it is neither. */
export function parseRange(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (text.includes('/')) return ipaddr.parseCIDR(text)
  const address = ipaddr.parse(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
