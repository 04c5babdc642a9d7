/**
 * The key for which a join token is spent. A token is good for one public key, so the key is on disk before the first
 * try: an agent that is killed in between tries again with the same one.
 */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { writeFileAtomically } from '../../platform/files.ts'
import { readIfPresent } from '../state/read-if-present.ts'
import type { StateDirectory } from '../state/state-directory.ts'
import { formatKey, generateKey, type KeyKind } from './certificate-request.ts'

export async function joinKey(state: StateDirectory, kind: KeyKind): Promise<KeyObject> {
  const kept = await readIfPresent(state.joinKeyFile)
  if (kept !== undefined) {
    try {
      return createPrivateKey(kept)
    } catch {
      // Damaged: the token has then been spent for nothing, if it was spent at all.
    }
  }
  const key = await generateKey(kind)
  writeFileAtomically(state.joinKeyFile, formatKey(key), 0o600)
  return key
}

export async function forgetJoinKey(state: StateDirectory): Promise<void> {
  await rm(state.joinKeyFile, { force: true })
}
