/** The object that a kind and a name on the command line mean. */

import type { ObjectName } from '../../admin/configuration-view.ts'
import type { Connection } from './config-flags.ts'
import { kindCalled } from './configuration-client.ts'

/** Throws `OBJECT_KIND_UNKNOWN`. */
export async function idOf({ client, namespace }: Connection, word: string, name: string): Promise<ObjectName> {
  const { kind, scope } = kindCalled(await client.kinds(), word)
  return { kind, namespace: scope === 'cluster' ? '' : namespace, name }
}
