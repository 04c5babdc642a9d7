/** The Istio release whose agent contract (node metadata, static clusters, secret names) the agents here keep, and call theirs. */
export const istioVersion = '1.30.0'
