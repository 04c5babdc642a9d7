/**
 * `docs/architecture.md` holds the picture of the graph as the daemon composes it. UPDATE_GOLDENS=1 writes it in; otherwise
 * a difference is a failure.
 */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { createPipeline } from './pipeline.ts'

const page = new URL('../../docs/architecture.md', import.meta.url)

test('the architecture page shows the graph that the daemon runs', () => {
  const text = readFileSync(page, 'utf8')
  const parts = /^([\s\S]*<!-- graph -->\n)([\s\S]*)(<!-- \/graph -->[\s\S]*)$/.exec(text)
  assert.ok(parts !== null, 'docs/architecture.md has lost its markers <!-- graph --> and <!-- /graph -->')
  const [, before, shown, after] = parts
  const current = `\n\`\`\`mermaid\n${createPipeline().graph.diagram()}\`\`\`\n\n`
  if (process.env.UPDATE_GOLDENS === '1') writeFileSync(page, `${before}${current}${after}`)
  else assert.equal(shown, current, 'run UPDATE_GOLDENS=1 node --test on this file')
})
