/** Table tests of checks across objects: each has a scene in which something is told, and its nearest neighbour in which nothing is. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MeshConfigInput } from '../../mesh-config.ts'
import type { ReferenceCode } from '../reference-code.ts'
import { referencesOf, shownFindings } from './scenes.ts'

export interface ReferenceCase {
  /** Completes "CODE: …". */
  readonly title: string
  readonly code: ReferenceCode
  readonly around: readonly string[]
  readonly faulty: string | readonly string[]
  readonly sound: string | readonly string[]
  /** `Kind namespace/name field` of each complaint. */
  readonly at: string | readonly string[]
  readonly mesh?: MeshConfigInput
}

export function testReferences(cases: readonly ReferenceCase[]): void {
  for (const { title, code, around, faulty, sound, at, mesh = {} } of cases) {
    test(`${code}: ${title}`, () => {
      const bad = shownFindings(referencesOf({ objects: [...around, ...listed(faulty)], mesh }))
      assert.deepEqual(
        bad,
        listed(at).map(place => `${place} ${code}`),
      )
      assert.deepEqual(shownFindings(referencesOf({ objects: [...around, ...listed(sound)], mesh })), [])
    })
  }
}

const listed = (one: string | readonly string[]): readonly string[] => (typeof one === 'string' ? [one] : one)
