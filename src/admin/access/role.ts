/** What a credential may do. Every role reads; what a viewer or an editor reads has its secrets blacked out. */

export type Role =
  | { readonly kind: 'viewer' }
  /** Changes objects of its namespaces. */
  | { readonly kind: 'editor'; readonly namespaces: readonly string[] }
  | { readonly kind: 'admin' }

export const roleKinds = ['viewer', 'editor', 'admin'] as const

/** `''` is what belongs to no namespace, which admins alone change. */
export function mayEdit(role: Role, namespace: string): boolean {
  switch (role.kind) {
    case 'viewer':
      return false
    case 'editor':
      return role.namespaces.includes(namespace)
    case 'admin':
      return true
  }
}

/** `viewer`, `editor of shop, blog`, `admin`. */
export function formatRole(role: Role): string {
  return role.kind === 'editor' ? `editor of ${role.namespaces.join(', ')}` : role.kind
}

/** Undefined when the parts make no role. */
export function roleFrom(kind: unknown, namespaces: unknown): Role | undefined {
  if (kind === 'viewer' || kind === 'admin') return { kind }
  if (kind !== 'editor' || !Array.isArray(namespaces) || namespaces.length === 0) return undefined
  const names = namespaces.filter(
    name => typeof name === 'string' && /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(name),
  )
  return names.length === namespaces.length
    ? { kind: 'editor', namespaces: [...new Set(names as string[])].sort() }
    : undefined
}
