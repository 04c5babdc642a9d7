/** Where the last good keys of identity providers lie, so that a restart while a provider is down locks nobody out. */

export interface IdentityProviderRecords {
  providerKeys(issuer: string): ProviderKeys | undefined
  /** Replaces those of the same issuer. */
  saveProviderKeys(keys: ProviderKeys): Promise<void>
}

export interface ProviderKeys {
  readonly issuer: string
  /** A JSON Web Key Set. */
  readonly keySet: string
  readonly fetchedAtMs: number
}
