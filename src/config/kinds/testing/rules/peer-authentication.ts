import type { RuleTable } from '../rule-cases.ts'

export const peerAuthenticationRules: RuleTable = {
  kind: 'PeerAuthentication',
  examples: [],
  apiVersion: 'security.istio.io/v1',
  cases: [
    {
      rule: 'the mode is unknown',
      refused: 'spec: {mtls: {mode: STRICTER}}',
      accepted: 'spec: {mtls: {mode: STRICT}}',
      field: 'spec.mtls.mode',
    },
    {
      rule: 'the mode is in lower case',
      refused: 'spec: {mtls: {mode: strict}}',
      accepted: 'spec: {mtls: {mode: 3}}',
      field: 'spec.mtls.mode',
    },
    {
      rule: 'there are port modes and no selector',
      refused: 'spec: {portLevelMtls: {8080: {mode: DISABLE}}}',
      accepted: 'spec: {selector: {matchLabels: {app: a}}, portLevelMtls: {8080: {mode: DISABLE}}}',
      field: 'spec.portLevelMtls',
    },
    {
      rule: 'the port modes are empty',
      refused: 'spec: {selector: {matchLabels: {app: a}}, portLevelMtls: {}}',
      accepted: 'spec: {selector: {matchLabels: {app: a}}, portLevelMtls: {1: {}}}',
      field: 'spec.portLevelMtls',
    },
    {
      rule: 'a port is out of range',
      refused: 'spec: {selector: {matchLabels: {app: a}}, portLevelMtls: {65536: {}}}',
      accepted: 'spec: {selector: {matchLabels: {app: a}}, port_level_mtls: {"65535": {}}}',
      field: 'spec.portLevelMtls.65536',
    },
    {
      rule: 'a field is unknown',
      refused: 'spec: {mtl: {mode: STRICT}}',
      accepted: 'spec: {mtls: {mode: STRICT}}',
      field: 'spec.mtl',
    },
    {
      rule: 'a selector has a wildcard',
      refused: "spec: {selector: {matchLabels: {app: 'a*'}}}",
      accepted: "spec: {selector: {matchLabels: {app: 'a'}}}",
      field: 'spec.selector.matchLabels.app',
    },
  ],
}
