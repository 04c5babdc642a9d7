/** `npm run reference`: writes docs/reference anew, and removes what no kind has any more. */

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { referencePages } from './pages.ts'

const folder = new URL('../../../docs/reference/', import.meta.url)
const pages = referencePages()
mkdirSync(folder, { recursive: true })
for (const name of readdirSync(folder)) if (!pages.has(name)) rmSync(new URL(name, folder))
for (const [name, text] of pages) writeFileSync(new URL(name, folder), text)
