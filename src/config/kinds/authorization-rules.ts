/** What an AuthorizationPolicy may say, beyond its form. */

import type { AuthorizationPolicySpec } from './authorization-policy.ts'
import type { Report } from './kind.ts'
export function checkAuthorizationPolicy(_spec: AuthorizationPolicySpec, _report: Report): void {}
