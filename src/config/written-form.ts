/**
 * What the author of a file's object wrote, beside the normalised object that the mesh works with: with the fields that
 * the mesh passes over. Kept as text, as long as the object lives.
 */

const written = new WeakMap<object, string>()

export function rememberWritten(object: object, text: string): void {
  written.set(object, text)
}

/** JSON; undefined for objects that were not read from a file. */
export function writtenForm(object: object): string | undefined {
  return written.get(object)
}
