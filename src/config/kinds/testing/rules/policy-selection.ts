/** Rules of the kinds that select workloads by labels or point at what they are for. `rest` is what the spec needs beside. */

import { casesOf, type RuleCase } from '../rule-cases.ts'

export const selectionCases = (rest: string): readonly RuleCase[] => [
  ...casesOf(
    `spec: {${rest}□}`,
    {
      rule: 'it selects and points',
      refused: 'selector: {matchLabels: {a: b}}, targetRefs: [{kind: Service, name: a}]',
      accepted: 'targetRefs: [{kind: Service, name: a}]',
      field: 'spec.targetRefs',
    },
    {
      rule: 'its selector names no label',
      warns: true,
      refused: 'selector: {}',
      accepted: 'selector: {matchLabels: {a: b}}',
      field: 'spec.selector',
    },
    {
      rule: 'its selector has a wildcard',
      refused: 'selector: {matchLabels: {a: "*"}}',
      accepted: 'selector: {matchLabels: {a: b}}',
      field: 'spec.selector.matchLabels.a',
    },
  ),
  ...casesOf(
    `spec: {${rest}targetRefs: [{□}]}`,
    {
      rule: 'it points at what cannot be pointed at',
      refused: 'kind: Pod, name: a',
      accepted: 'kind: Service, name: a',
      field: 'spec.targetRefs[0].kind',
    },
    {
      rule: 'it points at a kind of another group',
      refused: 'kind: ServiceEntry, name: a',
      accepted: 'group: networking.istio.io, kind: ServiceEntry, name: a',
      field: 'spec.targetRefs[0].kind',
    },
    {
      rule: 'it points at nothing by name',
      refused: 'kind: Service, name: ""',
      accepted: 'kind: Service, name: a',
      field: 'spec.targetRefs[0].name',
    },
    {
      rule: 'it points into another namespace',
      refused: 'kind: Service, name: a, namespace: b',
      accepted: 'kind: Service, name: a, namespace: ""',
      field: 'spec.targetRefs[0].namespace',
    },
  ),
]

/** Of the kinds that still have the single reference. */
export const singleTargetCases = (rest: string): readonly RuleCase[] =>
  casesOf(
    `spec: {${rest}□}`,
    {
      rule: 'it points twice',
      refused: 'targetRef: {kind: Service, name: a}, targetRefs: [{kind: Service, name: a}]',
      accepted: 'targetRefs: [{kind: Service, name: a}]',
      field: 'spec.targetRefs',
    },
    {
      rule: 'the one that it points at cannot be',
      refused: 'targetRef: {group: gateway.networking.k8s.io, kind: HTTPRoute, name: a}',
      accepted: 'targetRef: {group: gateway.networking.k8s.io, kind: Gateway, name: a}',
      field: 'spec.targetRef.kind',
    },
  )
