/** What an agent without a certificate proves itself with: a join token, or a certificate that somebody gave it. */

import { readFile } from 'node:fs/promises'
import { MeshwrightError } from '../../platform/errors.ts'
import { type JoinToken, parseJoinToken } from '../../platform/join-token.ts'
import type { SpiffeId } from '../../platform/spiffe.ts'
import { type WorkloadCertificate, workloadCertificateFrom } from './workload-certificate.ts'

export type CredentialSource =
  /** The text of a join token. */
  | { readonly kind: 'token'; readonly text: string }
  /** A file that holds one; read when it is needed. */
  | { readonly kind: 'token-file'; readonly file: string }
  /** PEM files; read when they are needed. */
  | { readonly kind: 'certificate'; readonly keyFile: string; readonly chainFile: string; readonly rootsFile: string }
  /** Only what the state directory holds. */
  | { readonly kind: 'none' }

export type Proof =
  | { readonly kind: 'token'; readonly text: string; readonly token: JoinToken }
  | { readonly kind: 'certificate'; readonly certificate: WorkloadCertificate }
  | { readonly kind: 'none'; readonly reason: string; readonly identity?: SpiffeId }

export interface Credential {
  /** Throws JOIN_TOKEN_MALFORMED, AGENT_CERTIFICATE_INVALID, AGENT_OPTION_INVALID (a file cannot be read). */
  read(): Promise<Proof>
  /** Whom the credential is for; undefined when it cannot be told (there is none, its file is gone). */
  identity(): Promise<SpiffeId | undefined>
}

export function createCredential(source: CredentialSource, nowMs: () => number): Credential {
  const read = (): Promise<Proof> => readProof(source, nowMs())
  return {
    read,
    async identity() {
      const proof = await read().catch(() => undefined)
      if (proof?.kind === 'token') return proof.token.claims.identity
      return proof?.kind === 'certificate' ? proof.certificate.spiffeId : proof?.identity
    },
  }
}

async function readProof(source: CredentialSource, nowMs: number): Promise<Proof> {
  switch (source.kind) {
    case 'none':
      return { kind: 'none', reason: 'no join token was given' }
    case 'token':
      return tokenProof(source.text, nowMs)
    case 'token-file':
      return tokenProof(await readText(source.file), nowMs)
    case 'certificate': {
      const [keyPem, chainPem, rootsPem] = await Promise.all([
        readText(source.keyFile),
        readText(source.chainFile),
        readText(source.rootsFile),
      ])
      const parts = { keyPem, chainPem, rootsPem, issuedAtMs: nowMs }
      return { kind: 'certificate', certificate: workloadCertificateFrom(parts, nowMs) }
    }
  }
}

/** The daemon tells nobody why it refuses a token; that it has expired can be seen here. */
function tokenProof(content: string, nowMs: number): Proof {
  const text = content.trim()
  const token = parseJoinToken(text)
  const { expiresAtMs, identity } = token.claims
  if (expiresAtMs > nowMs) return { kind: 'token', text, token }
  return { kind: 'none', reason: `the join token expired at ${new Date(expiresAtMs).toISOString()}`, identity }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new MeshwrightError('AGENT_OPTION_INVALID', {
      message: `the credential file ${file} cannot be read: ${(cause as Error).message}`,
      remedy: 'Name a file that exists and that the agent may read.',
      cause,
    })
  }
}
