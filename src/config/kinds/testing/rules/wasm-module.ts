/** Rules of a WebAssembly module, wherever it stands: the template has the hole, `field` what leads to it. */

import { casesOf, type RuleCase } from '../rule-cases.ts'

export const moduleCases = (template: string, field: string): readonly RuleCase[] => [
  ...casesOf(
    template,
    { rule: 'the module is nowhere', refused: 'pluginName: a', accepted: 'url: a', field: `${field}.url` },
    {
      rule: 'the scheme is unknown',
      refused: 'url: "ftp://a/b"',
      accepted: 'url: "OCI://a/b"',
      field: `${field}.url`,
    },
    {
      rule: 'a registry with a port has no scheme',
      refused: 'url: "localhost:5000/a"',
      accepted: 'url: "oci://localhost:5000/a"',
      field: `${field}.url`,
    },
    {
      rule: 'the place of the module is no URL',
      refused: 'url: "https://a b/c"',
      accepted: 'url: "https://a/b%20c"',
      field: `${field}.url`,
    },
    {
      rule: 'the hash is in capitals',
      refused: `url: a, sha256: ${'A'.repeat(64)}`,
      accepted: `url: a, sha256: ${'a'.repeat(64)}`,
      field: `${field}.sha256`,
    },
    {
      rule: 'the hash is too short',
      refused: `url: a, sha256: ${'a'.repeat(63)}`,
      accepted: `url: a, sha256: ${'a'.repeat(64)}`,
      field: `${field}.sha256`,
    },
    {
      rule: 'the secret of the registry has no name',
      refused: 'url: a, imagePullSecret: ""',
      accepted: 'url: a, imagePullSecret: a',
      field: `${field}.imagePullSecret`,
    },
    {
      rule: 'the policy of pulling is none',
      refused: 'url: a, imagePullPolicy: Never',
      accepted: 'url: a, imagePullPolicy: Always',
      field: `${field}.imagePullPolicy`,
    },
    {
      rule: 'the name of the plugin is too long',
      refused: `url: a, pluginName: ${'a'.repeat(257)}`,
      accepted: `url: a, pluginName: ${'a'.repeat(256)}`,
      field: `${field}.pluginName`,
    },
    {
      rule: 'a variable has no name',
      refused: 'url: a, vmConfig: {env: [{value: b}]}',
      accepted: 'url: a, vmConfig: {env: [{value: b, name: a}]}',
      field: `${field}.vmConfig.env[0].name`,
    },
    {
      rule: 'a variable is there twice',
      refused: 'url: a, vmConfig: {env: [{name: a}, {name: a}]}',
      accepted: 'url: a, vmConfig: {env: [{name: a}, {name: b}]}',
      field: `${field}.vmConfig.env[1].name`,
    },
    {
      rule: 'a variable of the proxy has a value',
      refused: 'url: a, vmConfig: {env: [{name: a, valueFrom: HOST, value: b}]}',
      accepted: 'url: a, vmConfig: {env: [{name: a, valueFrom: INLINE, value: b}]}',
      field: `${field}.vmConfig.env[0].value`,
    },
  ),
]

export const trafficCases = (rest: string): readonly RuleCase[] =>
  casesOf(
    `spec: {${rest}match: [{ports: [□]}]}`,
    { rule: 'a port is 0', refused: '{number: 0}', accepted: '{number: 1}', field: 'spec.match[0].ports[0].number' },
    {
      rule: 'a port is there twice',
      refused: '{number: 1}, {number: 1}',
      accepted: '{number: 1}, {number: 2}',
      field: 'spec.match[0].ports[1].number',
    },
  )

/** Every field of a module, as the fields of a flow mapping. */
export const wholeModule = `url: "https://a/b", sha256: ${'f0'.repeat(32)}, imagePullPolicy: IfNotPresent, imagePullSecret: a, verificationKey: b, pluginConfig: {a: [1, {b: null}]}, pluginName: a, failStrategy: FAIL_OPEN, vmConfig: {env: [{name: a, valueFrom: INLINE, value: b}]}, type: NETWORK`
