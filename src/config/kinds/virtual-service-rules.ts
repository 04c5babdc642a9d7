import type { Report } from './kind.ts'
import type { VirtualServiceSpec } from './virtual-service.ts'
export function checkVirtualService(_spec: VirtualServiceSpec, _namespace: string, _report: Report): void {}
