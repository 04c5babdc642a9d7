/** Where the management API tells the status of an object. An empty namespace, or `-`, means a kind that has none. */
export function objectPath(kind: string, namespace: string, name: string): string {
  const segments = [kind, namespace === '' ? '-' : namespace, name].map(encodeURIComponent)
  return `/v1/status/${segments.join('/')}`
}
