export interface AdmissionMetrics {
  /** Before their turn. */
  readonly meshwright_ca_requests_waiting: number
  /** From their turn to their answer. */
  readonly meshwright_ca_requests_running: number
  /** Told to come back, those displaced among them. */
  readonly meshwright_ca_requests_refused_busy_total: number
  /** Patient ones that gave their place to somebody more urgent. */
  readonly meshwright_ca_requests_displaced_total: number
}
