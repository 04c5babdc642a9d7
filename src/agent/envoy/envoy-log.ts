/** Envoy's own log lines as events of the agent's log. */

import type { Log } from '../../platform/log.ts'

/** What `parseEnvoyLine` reads: level, logger, message; line breaks in messages are escaped. */
export const envoyLogArguments = ['--log-format', '%l %n %v', '--log-format-escaped'] as const

export type EnvoyLogLevel = 'trace' | 'debug' | 'info' | 'warning' | 'error' | 'critical' | 'off'

export function logEnvoyLine(log: Log, line: string): void {
  const match = /^(trace|debug|info|warning|error|critical) (\S+) (.*)$/.exec(line)
  const [, level, component, message] = match ?? []
  // What Envoy prints before its log exists, or a crash's backtrace, has no level.
  if (level === undefined || component === undefined) log.warn({ envoy: 'output' }, printable(line))
  else log[agentLevels[level as keyof typeof agentLevels]]({ envoy: component }, printable(message ?? ''))
}

const agentLevels = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'error',
} as const

/** A peer's bytes may stand in a line: nothing that moves a terminal's cursor gets through. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.slice(0, longestLine).replace(/[\u0000-\u001f\u007f-\u009f]/g, '�')
}

const longestLine = 4_096
