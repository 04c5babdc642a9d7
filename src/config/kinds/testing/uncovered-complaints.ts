/** Which places in the code that complain were never reached, by V8's own coverage of the blocks around them. */

import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** File and line of text of each complaint below the folders that `run` did not reach, sorted. */
export async function uncoveredComplaints(folders: readonly URL[], run: () => void): Promise<readonly string[]> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  run()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  await session.post('Profiler.stopPreciseCoverage')
  session.disconnect()
  return result
    .filter(({ url }) => folders.some(folder => url.startsWith(folder.href)) && !url.includes('/testing/'))
    .flatMap(({ url, functions }) => {
      const source = readFileSync(fileURLToPath(url), 'utf8')
      const ranges = functions.flatMap(each => each.ranges)
      return [...source.matchAll(/report\.(?:error|warning)\(/g)]
        .filter(({ index }) => countAt(index, ranges) === 0)
        .map(({ index }) => `${path.basename(fileURLToPath(url))}: ${lineAt(source, index)}`)
    })
    .sort()
}

const lineAt = (source: string, offset: number): string =>
  source.slice(source.lastIndexOf('\n', offset) + 1, source.indexOf('\n', offset)).trim()

interface Range {
  readonly startOffset: number
  readonly endOffset: number
  readonly count: number
}

/** Of the innermost block around the offset. Types are stripped in place, so that offsets are those of the source. */
function countAt(offset: number, ranges: readonly Range[]): number {
  let innermost: Range | undefined
  for (const range of ranges) {
    if (offset < range.startOffset || offset >= range.endOffset) continue
    const isInner =
      innermost === undefined || range.endOffset - range.startOffset <= innermost.endOffset - innermost.startOffset
    if (isInner) innermost = range
  }
  return innermost?.count ?? 0
}
