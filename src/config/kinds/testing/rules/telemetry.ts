import { casesOf, type RuleTable } from '../rule-cases.ts'
import { selectionCases, singleTargetCases } from './policy-selection.ts'

export const telemetryRules: RuleTable = {
  kind: 'Telemetry',
  apiVersion: 'telemetry.istio.io/v1',
  examples: [
    `spec:
  selector: {matchLabels: {a: b}}
  tracing:
  - match: {mode: CLIENT}
    providers: [{name: a}]
    randomSamplingPercentage: 99.5
    disableSpanReporting: false
    customTags:
      a: {literal: {value: b}}
      c: {environment: {name: D, defaultValue: e}}
      f: {header: {name: g, defaultValue: h}}
      i: {formatter: {value: "%REQ(j)%"}}
    useRequestIdForTraceSampling: true
    enableIstioTags: true
    disableContextPropagation: false
  metrics:
  - providers: [{name: prometheus}]
    reportingInterval: 1s
    overrides:
    - match: {metric: REQUEST_COUNT, mode: SERVER}
      disabled: true
    - match: {customMetric: a}
      tagOverrides: {a: {operation: UPSERT, value: request.host}, b: {operation: REMOVE}}
  accessLogging:
  - match: {mode: 0}
    providers: [{name: envoy}]
    disabled: false
    filter: {expression: 'response.code >= 400 || connection.mtls == false'}`,
    'spec: {targetRef: {kind: Gateway, group: gateway.networking.k8s.io, name: a, namespace: ""}}',
    'spec: {targetRefs: [{kind: Service, group: core, name: a}]}',
  ],
  cases: [
    ...selectionCases(''),
    ...singleTargetCases(''),
    ...casesOf(
      'spec: {tracing: [{□}]}',
      {
        rule: 'a provider has no name',
        refused: 'providers: [{}]',
        accepted: 'providers: [{name: a}]',
        field: 'spec.tracing[0].providers[0].name',
      },
      {
        rule: 'traces go to two providers',
        warns: true,
        refused: 'providers: [{name: a}, {name: b}]',
        accepted: 'providers: [{name: a}]',
        field: 'spec.tracing[0].providers',
      },
      {
        rule: 'more than everything is traced',
        refused: 'randomSamplingPercentage: 100.1',
        accepted: 'randomSamplingPercentage: 100',
        field: 'spec.tracing[0].randomSamplingPercentage',
      },
      {
        rule: 'less than nothing is traced',
        refused: 'randomSamplingPercentage: -0.1',
        accepted: 'randomSamplingPercentage: 0',
        field: 'spec.tracing[0].randomSamplingPercentage',
      },
      {
        rule: 'a tag has no name',
        refused: 'customTags: {"": {literal: {value: a}}}',
        accepted: 'customTags: {a: {literal: {value: a}}}',
        field: 'spec.tracing[0].customTags',
      },
      {
        rule: 'a tag has two sources',
        refused: 'customTags: {a: {literal: {value: a}, header: {name: a}}}',
        accepted: 'customTags: {a: {header: {name: a}}}',
        field: 'spec.tracing[0].customTags.a.header',
      },
      {
        rule: 'the value of a tag is empty',
        refused: 'customTags: {a: {literal: {value: ""}}}',
        accepted: 'customTags: {a: {literal: {value: a}}}',
        field: 'spec.tracing[0].customTags.a.literal.value',
      },
      {
        rule: 'the header of a tag has no name',
        refused: 'customTags: {a: {header: {}}}',
        accepted: 'customTags: {a: {header: {name: a}}}',
        field: 'spec.tracing[0].customTags.a.header.name',
      },
    ),
    ...casesOf('spec: {tracing: [□]}', {
      rule: 'there are two settings of traces',
      warns: true,
      refused: '{}, {}',
      accepted: '{}',
      field: 'spec.tracing',
    }),
    ...casesOf(
      'spec: {metrics: [{□}]}',
      {
        rule: 'metrics are reported all the time',
        refused: 'reportingInterval: 0s',
        accepted: 'reportingInterval: 1ms',
        field: 'spec.metrics[0].reportingInterval',
      },
      {
        rule: 'a metric is chosen twice',
        refused: 'overrides: [{match: {metric: REQUEST_COUNT, customMetric: a}}]',
        accepted: 'overrides: [{match: {customMetric: a}}]',
        field: 'spec.metrics[0].overrides[0].match.customMetric',
      },
      {
        rule: "somebody's metric has no name",
        refused: 'overrides: [{match: {customMetric: ""}}]',
        accepted: 'overrides: [{match: {customMetric: a}}]',
        field: 'spec.metrics[0].overrides[0].match.customMetric',
      },
    ),
    ...casesOf(
      'spec: {metrics: [{overrides: [{tagOverrides: {□}}]}]}',
      {
        rule: 'a tag is added without a value',
        refused: 'a: {value: ""}',
        accepted: 'a: {value: b}',
        field: 'spec.metrics[0].overrides[0].tagOverrides.a.value',
      },
      {
        rule: 'a tag is removed with a value',
        refused: 'a: {operation: REMOVE, value: b}',
        accepted: 'a: {operation: REMOVE}',
        field: 'spec.metrics[0].overrides[0].tagOverrides.a.value',
      },
      {
        rule: 'a tag of a metric has no name',
        warns: true,
        refused: '"": {value: b}',
        accepted: 'a: {value: b}',
        field: 'spec.metrics[0].overrides[0].tagOverrides',
      },
      {
        rule: 'what a tag says does not parse',
        warns: true,
        refused: 'a: {value: "b c"}',
        accepted: `a: {value: "'b c'"}`,
        field: 'spec.metrics[0].overrides[0].tagOverrides.a.value',
      },
    ),
    ...casesOf(
      'spec: {accessLogging: [{filter: {□}}]}',
      {
        rule: 'the filter of a log does not parse',
        refused: "expression: 'response.code >='",
        accepted: "expression: 'response.code >= 1'",
        field: 'spec.accessLogging[0].filter.expression',
      },
      {
        rule: 'the filter of a log is empty',
        refused: '',
        accepted: "expression: 'true'",
        field: 'spec.accessLogging[0].filter.expression',
      },
    ),
  ],
}
