/**
 * Small Go programs that ask other projects' own code, built outside the repository. They need Go and, the first time, the
 * network and some minutes; what is built is kept in the cache folder, once for each source and release.
 */

import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

export interface GoProgram {
  readonly name: string
  /** The file of its only package. */
  readonly source: string
  /** Modules with their versions, as `go get` takes them. */
  readonly requires: readonly string[]
}

/** Undefined where it was never built. */
export function builtProgram(program: GoProgram): string | undefined {
  const binary = path.join(folderOf(program), program.name)
  return existsSync(binary) ? binary : undefined
}

/** Builds it when it is not there. Throws what the Go command said. */
export async function buildProgram(program: GoProgram): Promise<string> {
  const built = builtProgram(program)
  if (built !== undefined) return built
  const { name, source, requires } = program
  const folder = folderOf(program)
  mkdirSync(folder, { recursive: true })
  copyFileSync(source, path.join(folder, 'main.go'))
  writeFileSync(path.join(folder, 'go.mod'), `module ${name}\n\ngo 1.26\n`)
  const go = (...args: readonly string[]) => promisify(execFile)('go', args, { cwd: folder })
  await go('get', ...requires)
  await go('mod', 'tidy')
  await go('build', '-o', `${name}.part`, '.')
  renameSync(path.join(folder, `${name}.part`), path.join(folder, name))
  return path.join(folder, name)
}

/** One JSON document a line in, one a line out, in the same order. */
export function answersOf<T>(
  binary: string,
  args: readonly string[],
  questions: readonly { readonly id: string }[],
): readonly T[] {
  const input = questions.map(question => `${JSON.stringify(question)}\n`).join('')
  const output = execFileSync(binary, args, {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  return (
    output
      .trim()
      .split('\n')
      // Logs go to the same place.
      .filter(line => line.startsWith('{"id":'))
      .map(line => JSON.parse(line) as T)
  )
}

function folderOf({ name, source, requires }: GoProgram): string {
  const cache = process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache')
  const hash = createHash('sha256').update(readFileSync(source)).update(requires.join()).digest('hex').slice(0, 12)
  return path.join(cache, 'meshwright/oracle', `${name}-${hash}`)
}
