/** Random bytes of the operating system, fetched by the page: a call for sixteen costs as much as one for a thousand. */

import { randomFillSync } from 'node:crypto'

const pageBytes = 4096
const page = Buffer.alloc(pageBytes)
let left = 0

/** For whoever needs a few again and again. `count`: at most 256. Each byte is given out once, and wiped here. */
export function randomBytesFromPage(count: number): Buffer {
  if (count > 256) throw new RangeError(`${count} random bytes are more than this is for`)
  if (left < count) {
    randomFillSync(page)
    left = pageBytes
  }
  const bytes = Buffer.from(page.subarray(left - count, left))
  page.fill(0, left - count, left)
  left -= count
  return bytes
}
