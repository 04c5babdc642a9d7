import { MeshwrightError } from '../../platform/errors.ts'
import { type KindName, kindNames } from '../object.ts'

/** A kind by the name that a caller gives it. Throws `OBJECT_KIND_UNKNOWN`. */
export function kindNamed(name: string): KindName {
  const found = kindNames.find(known => known === name)
  if (found !== undefined) return found
  throw new MeshwrightError('OBJECT_KIND_UNKNOWN', {
    message: `${JSON.stringify(name)} is no kind of object`,
    remedy: `Use ${kindNames.join(', ')}.`,
  })
}
