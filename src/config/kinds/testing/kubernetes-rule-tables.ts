/** The tables of Kubernetes' kinds. */

import type { RuleTable } from './rule-cases.ts'
import { configMapRules } from './rules/config-map.ts'
import { ingressRules } from './rules/ingress.ts'
import { secretRules } from './rules/secret.ts'

export const kubernetesRuleTables: readonly RuleTable[] = [configMapRules, ingressRules, secretRules]
