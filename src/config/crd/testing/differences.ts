/** Where our definitions differ from Istio's on purpose. A difference that is not here, or that is here and gone, fails. */

export interface Difference {
  /** `KIND PATH`, as a pattern of the whole text. */
  readonly at: RegExp
  readonly reason: string
}

/** In type, format, names of enums, required fields, or a limit where Istio has a wider one. */
export const formDifferences: readonly Difference[] = [
  {
    at: /DestinationRule required spec/,
    reason: 'a rule without a spec has no host, which the webhook of Istio refuses, too',
  },
  {
    at: /\S+ \S+\.port required number/,
    reason: 'a port without a number is 0 in proto, which the webhook of Istio refuses',
  },
  {
    at: /DestinationRule \S+\.portLevelSettings\[\] required port/,
    reason: 'settings of no port hold nowhere, and the webhook of Istio refuses them',
  },
  {
    at: /Sidecar \.spec\.outboundTrafficPolicy\.mode enum/,
    reason: "the mesh's own mode ALLOW_ANY_DYNAMIC_DNS is taken here, too",
  },
  {
    at: /DestinationRule \S+\.portLevelSettings maxItems/,
    reason: 'no service has more ports, and the cost of rules is counted by the longest list',
  },
  {
    at: /\S+ \S+\.(?:\w*[pP]ort|\w*[pP]ort\.number|ports\{\}|ports\[\]\.number) maximum/,
    reason: 'there are 65535 ports, and where Istio says it by CEL, we say it by the bound',
  },
  {
    at: /ServiceEntry \.spec\.ports\[\]\.name maxLength/,
    reason: 'a port name is a label of 63 characters at most; the webhook of Istio refuses longer ones',
  },
]

export interface VerdictDifference extends Difference {
  /** Whose verdict is to refuse what the other takes. */
  readonly refusedBy: 'us' | 'istio'
}

/** In what is accepted, of values whose form both take. */
export const verdictDifferences: readonly VerdictDifference[] = [
  {
    refusedBy: 'us',
    at: /(?:EnvoyFilter|ServiceEntry|Sidecar) \.spec(?:\.workloadSelector\.labels)?/,
    reason: 'a key with a wildcard is no key of a label, so that nothing would be selected; Istio looks at values only',
  },
  {
    refusedBy: 'us',
    at: /Telemetry \.spec\.metrics\[\]\.overrides\[\]\.tagOverrides\{\}/,
    reason: 'without an operation it is UPSERT, which needs a value; the webhook of Istio refuses it, too',
  },
]
