/** Lists of values and of values that must not be: the form of every question a rule asks. */

import { anyOf, type Condition, noneOf } from './condition.ts'
import { oppositeSense, type PolicyContext } from './policy-context.ts'

type ValueCondition = (value: string, context: PolicyContext) => Condition
type Values = readonly string[] | undefined

/** One of `values` and none of `notValues`; an empty list asks nothing. */
export const listedIn =
  (context: PolicyContext) =>
  (values: Values, notValues: Values, condition: ValueCondition): readonly Condition[] => {
    const opposite = oppositeSense(context)
    return [
      ...(isGiven(values) ? [anyOf(values.map(value => condition(value, context)))] : []),
      ...(isGiven(notValues) ? [noneOf(notValues.map(value => condition(value, opposite)))] : []),
    ]
  }

export const isGiven = (values: Values): values is readonly string[] => values !== undefined && values.length > 0
