/** Signers for tests: self-signed roots of any of the key kinds, made by OpenSSL. */

import { execFileSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Signer, signerFrom } from '../certificates/signer.ts'

/** `keyOptions` as `openssl req -newkey` takes them. */
export function opensslSigner(keyOptions: readonly string[], subject = '/O=cluster.local'): Signer {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-signer-'))
  try {
    const [key, certificate] = [path.join(directory, 'key.pem'), path.join(directory, 'root.pem')]
    const made = ['-x509', '-nodes', '-days', '30', '-subj', subject, '-keyout', key, '-out', certificate]
    const extensions = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign']
    execFileSync('openssl', ['req', '-newkey', ...keyOptions, ...made, ...extensions], { stdio: 'pipe' })
    return signerFrom(readFileSync(certificate, 'utf8'), createPrivateKey(readFileSync(key, 'utf8')))
  } finally {
    rmSync(directory, { recursive: true })
  }
}
