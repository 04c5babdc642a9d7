import { kubernetesRuleTables } from './testing/kubernetes-rule-tables.ts'
import { testRules } from './testing/rule-cases.ts'
import { ruleTables } from './testing/rule-tables.ts'

for (const table of [...ruleTables, ...kubernetesRuleTables]) testRules(table)
