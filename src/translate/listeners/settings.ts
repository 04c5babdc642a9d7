/** What the mesh's settings say about every listener. */

import { durationMs } from '../../config/duration.ts'
import { hasLonePercent } from '../../config/meaning/format-commands.ts'
import type { MeshConfig } from '../../config/mesh-config.ts'

export interface ListenerSettings {
  readonly accessLog?: AccessLogIr
  /** How long a connection is looked at before it is taken for TCP; 0: as long as it takes. */
  readonly detectionTimeoutMs: number
  readonly pathNormalization: MeshConfig['pathNormalization']['normalization']
}

export interface AccessLogIr {
  readonly path: string
  readonly encoding: 'TEXT' | 'JSON'
  /** '' for the default one. */
  readonly format: string
}

export function listenerSettings(mesh: MeshConfig): ListenerSettings {
  return {
    ...(mesh.accessLogFile === ''
      ? {}
      : {
          accessLog: {
            path: mesh.accessLogFile,
            encoding: mesh.accessLogEncoding,
            format: isReadable(mesh.accessLogFormat) ? mesh.accessLogFormat : '',
          },
        }),
    detectionTimeoutMs: durationMs(mesh.protocolDetectionTimeout),
    pathNormalization: mesh.pathNormalization.normalization,
  }
}

/** A lone `%` would make Envoy refuse every listener of the mesh: the default format is better than that. */
const isReadable = (format: string): boolean => !hasLonePercent(format)
