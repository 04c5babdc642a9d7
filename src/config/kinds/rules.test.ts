import { testRules } from './testing/rule-cases.ts'
import { gatewayRules } from './testing/rules/gateway.ts'
import { requestAuthenticationRules } from './testing/rules/request-authentication.ts'

for (const table of [gatewayRules, requestAuthenticationRules]) testRules(table)
