import type { Report } from './kind.ts'
import type { ServiceEntrySpec } from './service-entry.ts'
export function checkServiceEntry(_spec: ServiceEntrySpec, _namespace: string, _report: Report): void {}
