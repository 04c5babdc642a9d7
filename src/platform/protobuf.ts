/**
 * Loads .proto files into one protobufjs root. Own messages are in `protos/`; Envoy's, xDS's and protoc-gen-validate's
 * ship inside @grpc/grpc-js-xds. Only what is named is loaded (with its imports), so that an agent stays small.
 */

import { existsSync } from 'node:fs'
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
  const root = new protobuf.Root()
  root.resolvePath = (_origin, target) => {
    for (const directory of includeDirectories) {
      const candidate = path.join(directory, target)
      if (existsSync(candidate)) return candidate
    }
    return target
  }
  root.loadSync([...files])
  return root
}
