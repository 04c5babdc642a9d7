/** Names for objects that ask for one. */

/** Without vowels and what looks alike, as Kubernetes generates them: no name is a word. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

export function generatedName(prefix: string, random: () => number): string {
  const letters = Array.from({ length: 5 }, () => alphabet[Math.floor(random() * alphabet.length)])
  return `${prefix.slice(0, 58)}${letters.join('')}`
}
