import { testRules } from './testing/rule-cases.ts'
import { ruleTables } from './testing/rule-tables.ts'

for (const table of ruleTables) testRules(table)
