import type { Report } from './kind.ts'
import type { SidecarSpec } from './sidecar.ts'
export function checkSidecar(_spec: SidecarSpec, _namespace: string, _report: Report): void {}
