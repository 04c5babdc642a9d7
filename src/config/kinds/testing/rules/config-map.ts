import { casesOf, type RuleTable } from '../rule-cases.ts'

export const configMapRules: RuleTable = {
  kind: 'ConfigMap',
  apiVersion: 'v1',
  examples: ['data: {a: b, mesh.yaml: ""}\nbinaryData: {c: YQ==}\nimmutable: false'],
  cases: [
    ...casesOf(
      '□',
      { rule: 'an entry is no text', refused: 'data: {a: 1}', accepted: 'data: {a: "1"}', field: 'data.a' },
      {
        rule: 'a binary entry is no base64',
        refused: 'binaryData: {a: "a b"}',
        accepted: 'binaryData: {a: "YWI="}',
        field: 'binaryData.a',
      },
      {
        rule: 'the name of an entry is none',
        refused: 'data: {"a b": c}',
        accepted: 'data: {"a.b": c}',
        field: 'data.a b',
      },
      {
        rule: 'two entries have one name',
        refused: 'data: {a: b}\nbinaryData: {a: YQ==}',
        accepted: 'data: {a: b}\nbinaryData: {b: YQ==}',
        field: 'binaryData.a',
      },
      {
        rule: 'it holds more than 1 MiB',
        refused: `data: {a: "${'é'.repeat(524_289)}"}`,
        accepted: `data: {a: "${'é'.repeat(524_288)}"}`,
        field: 'data',
      },
    ),
    {
      rule: "it is Istio's own, with settings of the mesh that are refused",
      name: 'istio',
      refused: 'data: {mesh: "trustDomain: A"}',
      accepted: 'data: {mesh: "trustDomain: A"}',
      field: 'data.mesh',
    },
    {
      rule: "it is Istio's own, with networks that are refused",
      name: 'istio-canary',
      refused: 'data: {meshNetworks: "networks: {a: {gateways: [{}]}}"}',
      accepted: 'data: {meshNetworks: "networks: {a: {gateways: [{}]}}"}',
      field: 'data.meshNetworks',
    },
  ],
}
