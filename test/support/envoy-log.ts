/** What an Envoy has logged at warning or above, as its agent passes it on. */

import type { Started } from './processes.ts'

export interface EnvoyLogLine {
  readonly level: string
  readonly component: string
  readonly message: string
}

export function envoyLog(agent: Started): readonly EnvoyLogLine[] {
  return agent
    .output()
    .stderr.split('\n')
    .flatMap(line => {
      if (!line.includes('"envoy":')) return []
      const { level, envoy, msg } = JSON.parse(line) as { level: string; envoy: string; msg: string }
      return level === 'info' ? [] : [{ level, component: envoy, message: msg }]
    })
}
