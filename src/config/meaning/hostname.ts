/**
 * Hosts and patterns of hosts, in lower case: `*` is every host, `*.example.com` every host below example.com, at any
 * depth, and not example.com itself.
 */

export function isWildcard(host: string): boolean {
  return host.startsWith('*')
}

export function hostMatches(pattern: string, host: string): boolean {
  if (pattern === host || pattern === '*') return true
  return pattern.startsWith('*.') && host.length > pattern.length - 1 && host.endsWith(pattern.slice(1))
}

/** The patterns that match a host, the most specific first: itself, then ever shorter wildcards, then `*`. */
export function patternsFor(host: string): readonly string[] {
  const patterns = [host]
  // Of a wildcard host, its own pattern is the first; wider ones match it too.
  for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
    const pattern = `*${host.slice(dot)}`
    if (pattern !== host) patterns.push(pattern)
  }
  if (host !== '*') patterns.push('*')
  return patterns
}

/**
 * A host as a rule of a namespace writes it, as the fully qualified host that it means: `reviews` is
 * `reviews.NAMESPACE.svc.DOMAIN`. A name with a dot is qualified already.
 */
export function qualifiedHost(host: string, namespace: string, domain: string): string {
  const lower = literalHost(host)
  if (lower === '' || lower.includes('.') || lower.includes('*')) return lower
  return `${lower}.${namespace}.svc.${domain}`
}

/** A host as it is written, whatever its dots: in lower case and without the dot at its end. */
export function literalHost(host: string): string {
  return (host.endsWith('.') ? host.slice(0, -1) : host).toLowerCase()
}

export function serviceHost(name: string, namespace: string, domain: string): string {
  return `${name}.${namespace}.svc.${domain}`
}

/** The namespace that a cluster host names (`NAME.NAMESPACE.svc.DOMAIN`); undefined for all other hosts. */
export function namespaceOfHost(host: string, domain: string): string | undefined {
  const suffix = `.svc.${domain}`
  if (!host.endsWith(suffix)) return undefined
  const labels = host.slice(0, -suffix.length).split('.')
  return labels.length < 2 ? undefined : labels.at(-1)
}
