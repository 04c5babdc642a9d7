/** Where our verdict on settings of the mesh is not Istio's, and why. A difference that is gone must go from here, too. */

export interface SettingsDifference {
  /** Of cases of our tables, as a pattern of the whole id. */
  readonly id: RegExp
  readonly ours: 'accepted' | 'refused'
  readonly reason: string
}

const refused = (rules: RegExp, reason: string): SettingsDifference => ({
  id: new RegExp(`mesh(?:Networks)?: refused when (?:${rules.source})`),
  ours: 'refused',
  reason,
})

export const settingsDifferences: readonly SettingsDifference[] = [
  {
    id: /mesh: accepted neighbour of an alias is no trust domain/,
    ours: 'accepted',
    reason: 'SPIFFE has _ in trust domains',
  },
  refused(
    /.* is of two kinds|.* (?:is said|is named|are named) in two ways|a header has two values|a line of a log has two forms|spans go to two collectors|a gateway is at two places/,
    'proto has one of the two; Istio takes either without a word',
  ),
  refused(
    /.* less than no time|names are looked up without a pause|probes come without a pause|an outer authority may take no time/,
    'the time means nothing, and Envoy refuses what would come of it',
  ),
  refused(
    /two listeners would have one port|the port of the HTTP proxy is none/,
    'proxies could not open their listeners',
  ),
  refused(/a mode has no such number/, 'proto keeps unknown numbers of enums; nobody knows what they mean'),
  refused(
    /the root namespace is none|services are seen from what is no namespace|routes are seen by nobody|a network has no name/,
    'no namespace and no network is called so, so that nothing would be meant',
  ),
  refused(
    /a condition on labels .*|a label of a selector is none|a (?:scope|policy of visibility) chooses \w+ by what is no operator/,
    'Istio refuses the selector where it is used, and only its log says so',
  ),
  refused(
    /(?:the|a) (?:key|certificate|client certificate) for .* is missing/,
    'the rules of `ClientTLSSettings` hold wherever it stands; Istio looks at those of tracing alone',
  ),
  refused(
    /a root is (?:not said|no certificate|for what is no trust domain)|a bundle would come in clear text/,
    'whom workloads trust must not hang on a misprint',
  ),
  refused(
    /an outer authority has no address|the address of an outer authority has no port/,
    'the API demands the address, and nobody could be asked for certificates',
  ),
  refused(
    /fewer retries are made than none|there are fewer threads than none/,
    'the number means nothing; the kinds refuse it, too',
  ),
  refused(/an expression for statistics is none/, 'Envoy refuses the expression, and would not start'),
  refused(/a probe asks no port/, 'the probe would never succeed; WorkloadGroup refuses it, too'),
]
