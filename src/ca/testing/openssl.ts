/** OpenSSL's command line as the other opinion: it makes requests that we read, and judges certificates that we make. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** `keyOptions` as `openssl req -newkey` takes them, such as `['rsa:2048']`. */
export function opensslCsr(keyOptions: readonly string[], extra: readonly string[] = []): string {
  return inScratch(directory => {
    const [csr, key] = [path.join(directory, 'csr.pem'), path.join(directory, 'key.pem')]
    run([
      'req',
      '-new',
      '-nodes',
      '-newkey',
      ...keyOptions,
      '-keyout',
      key,
      '-out',
      csr,
      '-subj',
      '/O=ignored',
      ...extra,
    ])
    return readFileSync(csr, 'utf8')
  })
}

export const p256 = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] as const

/** Throws with OpenSSL's words when the leaf does not verify up to one of the roots under its strictest rules. */
export function opensslVerify(leafPem: string, rootsPem: string, atMs: number): void {
  inScratch(directory => {
    const [leaf, roots] = [path.join(directory, 'leaf.pem'), path.join(directory, 'roots.pem')]
    writeFileSync(leaf, leafPem)
    writeFileSync(roots, rootsPem)
    run(['verify', '-x509_strict', '-check_ss_sig', '-attime', `${Math.floor(atMs / 1000)}`, '-CAfile', roots, leaf])
  })
}

/** Throws with OpenSSL's words when the leaf does not verify through the others of its chain under its strictest rules. */
export function opensslVerifyChain(chainPems: readonly string[], rootsPem: string, atMs: number): void {
  inScratch(directory => {
    const file = (name: string): string => path.join(directory, name)
    const [leafPem = '', ...above] = chainPems
    writeFileSync(file('leaf'), leafPem)
    writeFileSync(file('above'), above.join(''))
    writeFileSync(file('roots'), rootsPem)
    const untrusted = above.length === 0 ? [] : ['-untrusted', file('above')]
    const at = ['-attime', `${Math.floor(atMs / 1000)}`]
    run(['verify', '-x509_strict', ...at, ...untrusted, '-CAfile', file('roots'), file('leaf')])
  })
}

/** Throws with OpenSSL's words when the list was not made by the issuer, or the leaf does not pass with it. */
export function opensslVerifyWithCrl(leafPem: string, rootPem: string, crlPem: string): void {
  inScratch(directory => {
    const [leaf, root, crl] = [path.join(directory, 'leaf'), path.join(directory, 'root'), path.join(directory, 'crl')]
    writeFileSync(leaf, leafPem)
    writeFileSync(root, rootPem)
    writeFileSync(crl, crlPem)
    run(['crl', '-in', crl, '-verify', '-CAfile', root, '-noout'])
    run(['verify', '-x509_strict', '-crl_check', '-CRLfile', crl, '-CAfile', root, leaf])
  })
}

/** The revocation list as OpenSSL prints it. */
export function opensslCrlText(pem: string): string {
  return execFileSync('openssl', ['crl', '-noout', '-text'], { input: pem, encoding: 'utf8' })
}

/** The certificate as OpenSSL prints it. */
export function opensslText(pem: string): string {
  return execFileSync('openssl', ['x509', '-noout', '-text'], { input: pem, encoding: 'utf8' })
}

function run(commandLine: readonly string[]): void {
  execFileSync('openssl', commandLine, { stdio: ['ignore', 'pipe', 'pipe'] })
}

function inScratch<T>(task: (directory: string) => T): T {
  const directory = mkdtempSync(path.join(tmpdir(), 'meshwright-openssl-'))
  try {
    return task(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}
