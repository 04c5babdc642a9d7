/** Whether a text parses as an expression of CEL (https://github.com/google/cel-spec). Nothing is ever evaluated here. */

import { celLibrary } from '../../platform/late-libraries.ts'

/** Undefined when it parses, else what is wrong, on one line. Its cost is bounded by the limits that the parser keeps. */
export function celFault(expression: string): string | undefined {
  if (expression.trim() === '') return 'it is empty'
  const { ParseError, parse } = celLibrary()
  try {
    parse(expression)
    return undefined
  } catch (error) {
    if (error instanceof ParseError) return error.message.split('\n')[0] ?? 'it does not parse'
    throw error
  }
}
