/** Which identities have had a certificate before: a set in memory that is bounded, and the store behind it. */

export interface KnownIdentities {
  /** `found` looks into the store. Says `new` once for each identity. */
  see(identity: string, found: (identity: string) => boolean): 'new' | 'known'
  /** It got none after all. */
  forget(identity: string): void
}

const mostRemembered = 100_000

export function createKnownIdentities(): KnownIdentities {
  let remembered = new Set<string>()
  return {
    see(identity, found) {
      if (remembered.has(identity)) return 'known'
      if (remembered.size >= mostRemembered) remembered = new Set()
      remembered.add(identity)
      return found(identity) ? 'known' : 'new'
    },
    forget: identity => void remembered.delete(identity),
  }
}
