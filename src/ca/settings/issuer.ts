/** Who signs, and which keys of callers are signed. One subsection a kind; which of them is read, `kind` says. */

import { type Static, Type } from 'typebox'
import { caKeyKinds } from '../certificates/ca-key.ts'

export const issuerKinds = ['self-signed', 'plug-in', 'intermediate', 'upstream', 'vault'] as const

export type IssuerKind = (typeof issuerKinds)[number]

const closed = { additionalProperties: false }
const text = () => Type.String({ minLength: 1 })
const optionalText = () => Type.Optional(text())

/** Files of a certificate chain and its key. */
const pairOfFiles = () => Type.Object({ certificate: text(), key: text() }, closed)

const vaultAuthentication = Type.Object(
  {
    kind: Type.Enum(['token', 'app-role', 'kubernetes']),
    /** Where the method is mounted; `approle` and `kubernetes` when absent. */
    mount: optionalText(),
    tokenFile: optionalText(),
    roleId: optionalText(),
    secretIdFile: optionalText(),
    role: optionalText(),
    jwtFile: optionalText(),
  },
  closed,
)

export const issuerSettings = Type.Object(
  {
    kind: Type.Optional(Type.Enum([...issuerKinds])),
    caKey: Type.Optional(Type.Enum([...caKeyKinds])),
    allowEd25519: Type.Optional(Type.Boolean()),
    /** When roots are made elsewhere and change: over how long agents spread their renewals. */
    renewalWindowSeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 604_800 })),
    /** The daemon's own certificate, from files instead of from the issuer. */
    server: Type.Optional(pairOfFiles()),
    plugIn: Type.Optional(Type.Object({ directory: text() }, closed)),
    upstream: Type.Optional(
      Type.Object(
        {
          address: Type.String({ pattern: '^(\\[[0-9A-Fa-f:.]+\\]|[^:/\\s]+):[0-9]{1,5}$' }),
          serverName: optionalText(),
          rootsFile: text(),
          credential: Type.Optional(pairOfFiles()),
          /** Whether the credential is renewed through the upstream itself; it is when absent. */
          renewCredential: Type.Optional(Type.Boolean()),
          tokenFile: optionalText(),
          clusterId: optionalText(),
        },
        closed,
      ),
    ),
    vault: Type.Optional(
      Type.Object(
        {
          address: Type.String({ pattern: '^https?://[^/\\s]+$' }),
          caFile: optionalText(),
          namespace: optionalText(),
          mount: optionalText(),
          sign: Type.Optional(Type.Enum(['role', 'verbatim'])),
          role: optionalText(),
          serverRole: optionalText(),
          rootsFile: optionalText(),
          authentication: vaultAuthentication,
        },
        closed,
      ),
    ),
  },
  closed,
)

export type IssuerSettings = Static<typeof issuerSettings>
export type UpstreamSettings = NonNullable<IssuerSettings['upstream']>
export type VaultSettings = NonNullable<IssuerSettings['vault']>
export type PairOfFiles = NonNullable<IssuerSettings['server']>
