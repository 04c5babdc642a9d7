/** Metadata of a filter chain whose change makes Envoy end the connections of that chain, also those that say nothing. */

import type { Plain } from '../envoy-messages.ts'
import { structFrom } from '../well-known.ts'

export function drainMetadata(generation: number): Plain {
  return { filterMetadata: { 'meshwright.drain': structFrom({ generation }) } }
}
