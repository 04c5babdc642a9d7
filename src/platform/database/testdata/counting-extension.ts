import type { CreateWriterExtension } from '../writer-extension.ts'

/** Writes a note and returns how many there are now, as remembered until told to forget. */
export const createWriterExtension: CreateWriterExtension = handle => {
  const insert = handle.prepare('INSERT INTO note (text) VALUES (?)')
  const count = handle.prepare('SELECT count(*) FROM note').pluck()
  let remembered: number | undefined
  return {
    run([text = '']) {
      insert.run(text)
      remembered = remembered === undefined ? Number(count.get()) : remembered + 1
      return remembered
    },
    forget() {
      remembered = undefined
    },
  }
}
