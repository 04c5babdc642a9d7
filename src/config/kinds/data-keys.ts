/** How the entries of Secrets and ConfigMaps are called, and how much they hold. */

export const largestDataBytes = 1024 * 1024

/** As a file could be called. */
export const isDataKey = (key: string): boolean =>
  key.length <= 253 && /^[-._a-zA-Z0-9]+$/.test(key) && key !== '.' && !key.startsWith('..')

export const dataKeyRemedy = 'use letters, digits, -, _ and .'
