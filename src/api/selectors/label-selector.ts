/**
 * Label selectors as in queries: `app=web,tier!=cache,env in (a, b),!legacy`.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#api
 */

import { isLabelKey, isLabelValue } from '../../config/schema/label-syntax.ts'
import { MeshwrightError } from '../../platform/errors.ts'

export type Labels = Readonly<Record<string, string>>

export type LabelSelector = (labels: Labels) => boolean

const longestSelector = 4096

/** `''` selects everything. Throws `REQUEST_INVALID`. */
export function parseLabelSelector(text: string): LabelSelector {
  if (text.length > longestSelector) throw invalid(`is longer than ${longestSelector} characters`)
  if (text.trim() === '') return () => true
  const requirements = splitOutsideParentheses(text).map(parseRequirement)
  return labels => requirements.every(holds => holds(labels))
}

const labelValue = (labels: Labels, key: string): string | undefined =>
  Object.hasOwn(labels, key) ? labels[key] : undefined

function parseRequirement(text: string): LabelSelector {
  const exists = /^\s*(!?)\s*([^\s!=(),]+)\s*$/.exec(text)
  if (exists !== null) {
    const [, negated = '', name = ''] = exists
    const key = keyFrom(name)
    return labels => (labelValue(labels, key) === undefined) === (negated === '!')
  }
  const equality = /^\s*([^\s!=(),]+)\s*(==|=|!=)\s*([^\s!=(),]*)\s*$/.exec(text)
  if (equality !== null) {
    const [, name = '', operator = '', given = ''] = equality
    const [key, value] = [keyFrom(name), valueFrom(given)]
    return labels => (labelValue(labels, key) === value) === (operator !== '!=')
  }
  const among = /^\s*([^\s!=(),]+)\s+(in|notin)\s*\(([^()]*)\)\s*$/.exec(text)
  if (among === null) throw invalid(`${JSON.stringify(text)} is no requirement`)
  const [, name = '', operator = '', list = ''] = among
  const key = keyFrom(name)
  const values = new Set<string | undefined>(list.split(',').map(item => valueFrom(item.trim())))
  // An absent label is in no set, and therefore also not in this one.
  return labels => values.has(labelValue(labels, key)) === (operator === 'in')
}

function splitOutsideParentheses(text: string): readonly string[] {
  return text.match(/(?:[^,(]|\([^)]*\)?)+|(?<=^|,)(?=,|$)/g) ?? []
}

function keyFrom(text: string): string {
  if (!isLabelKey(text)) throw invalid(`${JSON.stringify(text)} is no label key`)
  return text
}

function valueFrom(text: string): string {
  if (text !== '' && !isLabelValue(text)) throw invalid(`${JSON.stringify(text)} is no label value`)
  return text
}

function invalid(reason: string): MeshwrightError {
  return new MeshwrightError('REQUEST_INVALID', { message: `labelSelector: ${reason}` })
}
