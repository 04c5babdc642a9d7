/** The two forms of the files in a plug-in directory: Istio's `cacerts`, and a Secret of type kubernetes.io/tls. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { invalid } from '../chain.ts'
import { type MaterialFiles, type SigningMaterial, signingMaterialFrom } from '../signing-material.ts'

const istioForm = { certificate: 'ca-cert.pem', key: 'ca-key.pem', roots: 'root-cert.pem', chain: 'cert-chain.pem' }
const tlsForm = { certificate: 'tls.crt', key: 'tls.key', roots: 'ca.crt' }
const crls = 'ca-crl.pem'

/** Every name that is looked at. */
export const plugInFileNames: readonly string[] = [...Object.values(istioForm), crls, ...Object.values(tlsForm)]

/** Throws `CA_CHAIN_INVALID` when the set is incomplete or does not fit together. */
export function readPlugInSet(directory: string, nowMs: number): SigningMaterial {
  return signingMaterialFrom(filesIn(directory), nowMs)
}

function filesIn(directory: string): MaterialFiles {
  const read = (name: string): string | undefined => textOf(path.join(directory, name))
  const isTlsForm = read(istioForm.certificate) === undefined && read(tlsForm.certificate) !== undefined
  const form = isTlsForm ? tlsForm : istioForm
  const found = Object.fromEntries(Object.values(form).map(name => [name, read(name)]))
  const missing = Object.keys(found).filter(name => found[name] === undefined)
  if (missing.length > 0) throw invalid(`${directory} is incomplete: ${missing.join(', ')} missing`)
  const text = (name: string): string => found[name] ?? ''
  return {
    certificatePem: text(form.certificate),
    key: text(form.key),
    chainPem: isTlsForm ? '' : text(istioForm.chain),
    rootsPem: text(form.roots),
    crlsPem: isTlsForm ? '' : (read(crls) ?? ''),
  }
}

/** Undefined when there is no such file. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw invalid(`${file} cannot be read: ${(cause as Error).message}`, cause)
  }
}
