/** How Kubernetes writes labels. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ */

/** `[prefix/]name`; also the syntax of annotation keys. */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/')
  if (slash < 0) return isName(key)
  const prefix = key.slice(0, slash)
  return prefix.length <= 253 && prefix.split('.').every(isPrefixPart) && isName(key.slice(slash + 1))
}

export const isLabelValue = (value: string): boolean => value === '' || isName(value)

const isName = (name: string): boolean => name.length <= 63 && /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name)

const isPrefixPart = (part: string): boolean => /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(part)
