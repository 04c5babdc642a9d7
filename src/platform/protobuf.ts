/**
 * Loads .proto files into one protobufjs root. Own messages are in `protos/`; Envoy's, xDS's and protoc-gen-validate's
 * ship inside @grpc/grpc-js-xds. Only what is named is loaded (with its imports), so that an agent stays small.
 */

import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'

const require = createRequire(import.meta.url)
const shippedDeps = path.join(path.dirname(require.resolve('@grpc/grpc-js-xds/package.json')), 'deps')

/** `src/platform` and `dist/platform` are equally deep, so this holds in a checkout and in the package. */
export const protoDirectory: string = fileURLToPath(new URL('../../protos', import.meta.url))

const includeDirectories = [
  protoDirectory,
  // descriptor.proto, which the validation rules import.
  path.dirname(require.resolve('protobufjs/package.json')),
  ...['envoy-api', 'xds', 'protoc-gen-validate', 'googleapis'].map(name => path.join(shippedDeps, name)),
]

/**
 * `files` are import paths such as `envoy/service/discovery/v3/discovery.proto`; field names become camelCase.
 * Throws when one does not exist or does not parse. Traps: protobufjs drops unknown keys of a plain object without a
 * word, and its built-in google.protobuf.Any keeps the key `type_url` while Struct's keys are `stringValue` and so on.
 */
export function loadProtos(files: readonly string[]): protobuf.Root {
  const root = emptyRoot()
  root.loadSync([...files])
  return root
}

/** The types of a file by their full names. It is read when the first is asked for: a daemon's start does without. */
export function typesOf(file: string): (name: string) => protobuf.Type {
  const types = new Map<string, protobuf.Type>()
  let root: protobuf.Root | undefined
  return name => {
    let type = types.get(name)
    if (type === undefined) {
      root ??= loadProtos([file])
      type = root.lookupType(name)
      types.set(name, type)
    }
    return type
  }
}

export interface ProtoLibrary {
  /** By the full name, `envoy.config.core.v3.Node`. */
  type(fullName: string): protobuf.Type | undefined
  /** Whether any .proto file is of this package. */
  hasPackage(name: string): boolean
}

/**
 * Every message of the shipped files, each package loaded when a type of it is first asked for: 3 to 20 ms, for the
 * largest with all their imports 300 ms. Names come from users: what is no name of a package finds nothing.
 */
export function createProtoLibrary(): ProtoLibrary {
  const root = emptyRoot()
  const loaded = new Map<string, boolean>()
  const hasPackage = (name: string): boolean => {
    // Names of users would otherwise be kept for ever, as long as they are.
    if (name.length > longestPackage) return false
    let has = loaded.get(name)
    if (has === undefined) {
      const files = filesOf(name)
      if (files.length > 0) root.loadSync([...files])
      has = files.length > 0
      if (has || loaded.size < mostRemembered) loaded.set(name, has)
    }
    return has
  }
  return {
    hasPackage,
    type(fullName) {
      const name = packageOf(fullName)
      if (!hasPackage(name)) return undefined
      const found = root.lookup(fullName, [protobuf.Type])
      return found instanceof protobuf.Type ? found : undefined
    },
  }
}

const longestPackage = 255
const mostRemembered = 10_000

/** Of a message: nested ones have their parents' names before theirs, which begin with a capital. */
export function packageOf(fullName: string): string {
  const end = fullName.search(/\.[A-Z]/)
  return end < 0 ? fullName : fullName.slice(0, end)
}

/** The import paths of a package: by convention of Envoy and xDS the folder has its name. */
function filesOf(packageName: string): readonly string[] {
  if (!/^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*$/.test(packageName)) return []
  const folder = packageName.replaceAll('.', '/')
  const found = includeDirectories.map(directory => path.join(directory, folder)).find(place => existsSync(place))
  if (found === undefined) return []
  return readdirSync(found)
    .filter(file => file.endsWith('.proto'))
    .sort()
    .map(file => `${folder}/${file}`)
}

function emptyRoot(): protobuf.Root {
  const root = new protobuf.Root()
  root.resolvePath = (_origin, target) => {
    for (const directory of includeDirectories) {
      const candidate = path.join(directory, target)
      if (existsSync(candidate)) return candidate
    }
    return target
  }
  return root
}
