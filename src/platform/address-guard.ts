/**
 * Which addresses a server-side fetch may connect to. Refused are those that lead back into the machine or to what only
 * the machine itself may ask: loopback, link-local, metadata services of clouds, everything that is no single host.
 */

import ipaddr from 'ipaddr.js'

export interface AddressGuard {
  /** Why it is refused; undefined when it may be connected to. `address` is an IP address, without brackets. */
  refusalOf(address: string): string | undefined
}

export interface AddressRules {
  /** CIDR blocks that are permitted, whatever else says no. */
  readonly allow?: readonly string[]
  /** CIDR blocks that are refused beside the built-in ones. */
  readonly refuse?: readonly string[]
}

/** Throws when a rule is no CIDR block; `isCidr` tells beforehand. */
export function createAddressGuard({ allow = [], refuse = [] }: AddressRules): AddressGuard {
  const allowed = allow.map(parseBlock)
  const refused = [
    ...builtIn.map(([cidr, what]) => ({ ...parseBlock(cidr), what })),
    ...refuse.map(cidr => ({ ...parseBlock(cidr), what: `in ${cidr}, which the settings refuse` })),
  ]
  return {
    refusalOf(text) {
      if (!ipaddr.isValid(text) || text.includes('%')) return 'no IP address'
      const forms = formsOf(ipaddr.parse(text))
      if (forms.every(form => allowed.some(block => contains(block, form)))) return undefined
      for (const form of forms) {
        const block = refused.find(each => contains(each, form))
        if (block !== undefined) return block.what
      }
      return undefined
    },
  }
}

/** `192.0.2.0/24`, `2001:db8::/32`; a lone address stands for itself. */
export function isCidr(text: string): boolean {
  try {
    parseBlock(text)
    return true
  } catch {
    return false
  }
}

/** Whether an IP address lies in one of the blocks; false for what is no address. IPv4 in IPv6 counts as IPv4. */
export function cidrMatcher(cidrs: readonly string[]): (address: string) => boolean {
  const blocks = cidrs.map(parseBlock)
  return text => {
    if (!ipaddr.isValid(text) || text.includes('%')) return false
    const address = ipaddr.process(text)
    return blocks.some(block => contains(block, address))
  }
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

interface Block {
  readonly base: Address
  readonly prefixLength: number
}

const builtIn: readonly (readonly [cidr: string, what: string])[] = [
  ['0.0.0.0/8', 'this host'],
  ['127.0.0.0/8', 'a loopback address'],
  ['169.254.0.0/16', 'a link-local address'],
  ['100.100.100.200/32', 'a metadata service'],
  ['168.63.129.16/32', 'a metadata service'],
  ['192.0.0.192/32', 'a metadata service'],
  ['224.0.0.0/4', 'a multicast address'],
  ['240.0.0.0/4', 'a reserved address'],
  // `::`, `::1` and IPv4 written in IPv6 in the way that was given up.
  ['::/96', 'a loopback or unspecified address'],
  ['fe80::/10', 'a link-local address'],
  ['fec0::/10', 'a site-local address'],
  ['ff00::/8', 'a multicast address'],
  ['fd00:ec2::/32', 'a metadata service'],
  ['fd20:ce::254/128', 'a metadata service'],
]

function parseBlock(text: string): Block {
  const [base, prefixLength] = text.includes('/') ? ipaddr.parseCIDR(text) : hostBlock(text)
  // `ipaddr.js` takes `127.1` and `0x7f000001`; a rule that needs thought to be read is refused.
  if (!/^(?:\d+\.\d+\.\d+\.\d+|[0-9a-f:]+(?::\d+\.\d+\.\d+\.\d+)?)(?:\/\d+)?$/i.test(text))
    throw new Error('no CIDR block')
  return { base, prefixLength }
}

function hostBlock(text: string): [Address, number] {
  const address = ipaddr.parse(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

function contains({ base, prefixLength }: Block, address: Address): boolean {
  if (address instanceof ipaddr.IPv4) return base instanceof ipaddr.IPv4 && address.match(base, prefixLength)
  return base instanceof ipaddr.IPv6 && address.match(base, prefixLength)
}

/** An IPv6 address, and the IPv4 one that it leads to through a translator or a tunnel. */
function formsOf(address: Address): readonly Address[] {
  if (address instanceof ipaddr.IPv4) return [address]
  if (address.isIPv4MappedAddress()) return [address.toIPv4Address()]
  const embedded = embeddedIn(address)
  return embedded === undefined ? [address] : [address, embedded]
}

function embeddedIn(address: ipaddr.IPv6): Address | undefined {
  const bytes = address.toByteArray()
  // RFC 6052 and RFC 3056.
  if (address.match(ipaddr.IPv6.parse('64:ff9b::'), 96)) return ipaddr.fromByteArray(bytes.slice(12, 16))
  if (address.match(ipaddr.IPv6.parse('2002::'), 16)) return ipaddr.fromByteArray(bytes.slice(2, 6))
  return undefined
}
