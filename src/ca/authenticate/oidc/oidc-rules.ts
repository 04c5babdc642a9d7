/** From the settings to rules with their keys. */

import { readFileSync } from 'node:fs'
import { MeshwrightError } from '../../../platform/errors.ts'
import type { GuardedFetch, ServerCheck } from '../../../platform/guarded-fetch.ts'
import { parseSpiffeId } from '../../../platform/spiffe.ts'
import type { OidcRuleSettings } from '../../settings/callers.ts'
import type { IdentityMapping, NamePart } from './claim-identity.ts'
import type { OidcRule } from './oidc-token.ts'
import { createSigningKeys, type SigningKeys, type SigningKeysOptions } from './signing-keys.ts'

export interface OidcRulesOptions extends Pick<SigningKeysOptions, 'records' | 'clock' | 'log'> {
  readonly fetch: GuardedFetch
}

/** Throws `CA_SETTINGS_INVALID`. Rules of one issuer share its keys. */
export function oidcRules(settings: readonly OidcRuleSettings[], options: OidcRulesOptions): readonly OidcRule[] {
  const keysByIssuer = new Map<string, { readonly source: string; readonly keys: SigningKeys }>()
  return settings.map(rule => {
    const source = JSON.stringify([rule.keysUrl, rule.rootsFile])
    const known = keysByIssuer.get(rule.issuer)
    if (known !== undefined && known.source !== source) {
      throw invalid(`the rules of ${rule.issuer} take its keys from different places`)
    }
    const keys = known?.keys ?? keysOf(rule, options)
    keysByIssuer.set(rule.issuer, { source, keys })
    const identity = rule.identity ?? { form: 'service-account' }
    requireSoundNames(rule.issuer, identity)
    return { issuer: rule.issuer, audiences: rule.audiences, identity, requiredClaims: rule.requiredClaims ?? {}, keys }
  })
}

function keysOf({ issuer, keysUrl, rootsFile }: OidcRuleSettings, options: OidcRulesOptions): SigningKeys {
  return createSigningKeys({ ...options, issuer, keysUrl, server: serverCheck(rootsFile) })
}

function serverCheck(rootsFile: string | undefined): ServerCheck {
  if (rootsFile === undefined) return { kind: 'web' }
  try {
    return { kind: 'web', rootsPem: readFileSync(rootsFile, 'utf8') }
  } catch (cause) {
    throw invalid(`callers.oidc: ${rootsFile} cannot be read: ${(cause as Error).message}`, cause)
  }
}

/** A name that the settings fix is looked at when they are read and not when the first caller comes. */
function requireSoundNames(issuer: string, mapping: IdentityMapping): void {
  if (mapping.form !== 'parts') return
  const fixed = (part: NamePart): string => ('value' in part ? part.value : 'name')
  try {
    parseSpiffeId(`spiffe://td/ns/${fixed(mapping.namespace)}/sa/${fixed(mapping.serviceAccount)}`)
  } catch (cause) {
    throw invalid(`callers.oidc: the identity of ${issuer} has a name that cannot stand in a SPIFFE id`, cause)
  }
}

function invalid(message: string, cause?: unknown): MeshwrightError {
  return new MeshwrightError('CA_SETTINGS_INVALID', { message, remedy: 'See docs/ca.md for the settings.', cause })
}
