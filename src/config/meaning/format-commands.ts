/** Texts that Envoy's formatter reads: `%COMMAND(arguments):LENGTH%`, and `%%` for a percent sign. */

/** Whether a `%` neither begins a command nor is doubled. Cost: the text, since nothing is looked at behind the first such. */
export function hasLonePercent(text: string): boolean {
  const command = /%%|%[A-Z_0-9]+(?:\([^)]*\))?(?::\d+)?%/y
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', command.lastIndex)) {
    command.lastIndex = at
    if (!command.test(text)) return true
  }
  return false
}
