/**
 * Keys whose requests are signed elsewhere, and the chains that came back: sealed in the store, numbered, none ever
 * replaced. A key may get several chains, because its certificate is renewed.
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { SecretSealer } from '../../sealed-secrets.ts'
import type { CaStore } from '../../store/store.ts'

export interface IntermediateKeys {
  /** The newest first. */
  all(): readonly NumberedKey[]
  add(key: KeyObject): Promise<NumberedKey>
  /** The latest that was installed, whatever its key. */
  latestChain(): InstalledChain | undefined
  install(number: number, chainPem: string): Promise<void>
}

export interface NumberedKey {
  readonly number: number
  readonly key: KeyObject
  readonly hasChain: boolean
}

export interface InstalledChain {
  readonly key: KeyObject
  /** As it was given: certificate, authorities above it, roots. */
  readonly chainPem: string
}

export function intermediateKeys(store: CaStore, sealer: SecretSealer): IntermediateKeys {
  const read = (name: string): Buffer | undefined => {
    const sealed = store.secret(name)
    return sealed === undefined ? undefined : sealer.open(name, sealed)
  }
  const add = (name: string, secret: Buffer): Promise<void> => store.addSecret(name, sealer.seal(name, secret))
  const keyOf = (number: number): KeyObject | undefined => {
    const secret = read(keyName(number))
    return secret === undefined ? undefined : createPrivateKey({ key: secret, format: 'der', type: 'pkcs8' })
  }
  const chains = (): readonly Chain[] => numbered(number => read(chainName(number))).map(chainFrom)

  return {
    all() {
      const used = new Set(chains().map(chain => chain.key))
      return numbered(keyOf)
        .map((key, i) => ({ number: i + 1, key, hasChain: used.has(i + 1) }))
        .reverse()
    },
    async add(key) {
      const number = numbered(each => store.secret(keyName(each))).length + 1
      await add(keyName(number), key.export({ format: 'der', type: 'pkcs8' }))
      return { number, key, hasChain: false }
    },
    latestChain() {
      const latest = chains().at(-1)
      const key = latest === undefined ? undefined : keyOf(latest.key)
      return latest === undefined || key === undefined ? undefined : { key, chainPem: latest.chainPem }
    },
    async install(number, chainPem) {
      const chain: Chain = { key: number, chainPem }
      await add(chainName(chains().length + 1), Buffer.from(JSON.stringify(chain)))
    },
  }
}

interface Chain {
  /** The number of its key. */
  readonly key: number
  readonly chainPem: string
}

const keyName = (number: number): string => `intermediate key ${number}`
const chainName = (number: number): string => `intermediate chain ${number}`

/** From 1 up to the first that is not there. */
function numbered<T>(read: (number: number) => T | undefined): readonly T[] {
  const found: T[] = []
  for (let item = read(1); item !== undefined; item = read(found.length + 1)) found.push(item)
  return found
}

/** Sound: sealed with a key that only this daemon has, so it is what was written above. */
const chainFrom = (secret: Buffer): Chain => JSON.parse(secret.toString('utf8')) as Chain
