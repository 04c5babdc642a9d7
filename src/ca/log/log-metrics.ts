/** The log's numbers, under the names that they are scraped by. */

export interface LogMetrics {
  meshwright_ca_log_entries: number
  /** Of them, those whose bytes were pruned. */
  meshwright_ca_log_forgotten_entries: number
  meshwright_ca_log_epoch: number
  /** Checkpoints kept elsewhere that did not agree with the log, since the start. Alert on any. */
  meshwright_ca_log_alarms_total: number
  /** Of the last audit. Alert on any. */
  meshwright_ca_log_audit_faults: number
  /** 1 while nothing is issued because a restore waits to be confirmed. */
  meshwright_ca_restore_pending: number
  /** Certificates for identities that had none before. */
  meshwright_ca_new_identities_total: number
}
