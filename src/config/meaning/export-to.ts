/** Who may see an object: `exportTo` with `.` resolved to the object's own namespace. */

/** `undefined` or empty takes the mesh's default; `~` is nobody: an empty list. Sorted. */
export function resolveExportTo(
  exportTo: readonly string[] | undefined,
  namespace: string,
  fallback: readonly string[],
): readonly string[] {
  const written = exportTo === undefined || exportTo.length === 0 ? fallback : exportTo
  const resolved = new Set(written.map(entry => (entry === '.' ? namespace : entry)))
  if (resolved.has('*')) return everyone
  resolved.delete('~')
  return [...resolved].sort()
}

export function isExportedTo(exportTo: readonly string[], namespace: string): boolean {
  return exportTo.includes('*') || exportTo.includes(namespace)
}

const everyone: readonly string[] = Object.freeze(['*'])
