/** The authority's numbers under the names that dashboards for Istio know. Plain numbers: admin turns them into Prometheus text. */

import type { AdmissionMetrics } from './admission/admission-metrics.ts'
import type { FederationMetrics } from './federation/federation.ts'
import type { CredentialMetrics } from './issuers/remote/credential-metrics.ts'
import type { SigningValidity } from './issuers/signing.ts'
import type { LogMetrics } from './log/log-metrics.ts'
import type { TrustMetrics } from './trust/trust-metrics.ts'

export interface CaMetrics extends LogMetrics, TrustMetrics, AdmissionMetrics, FederationMetrics, CredentialMetrics {
  citadel_server_csr_count: number
  citadel_server_authentication_failure_count: number
  citadel_server_csr_parsing_err_count: number
  citadel_server_id_extraction_err_count: number
  citadel_server_csr_sign_err_count: number
  citadel_server_success_cert_issuance_count: number
  /** Seconds since the epoch. */
  citadel_server_root_cert_expiry_timestamp: number
  /** Seconds from now. */
  citadel_server_root_cert_expiry_seconds: number
  citadel_server_cert_chain_expiry_timestamp: number
  citadel_server_cert_chain_expiry_seconds: number
}

/** Those that only grow. */
export type CaCounters = Pick<
  CaMetrics,
  | 'citadel_server_csr_count'
  | 'citadel_server_authentication_failure_count'
  | 'citadel_server_csr_parsing_err_count'
  | 'citadel_server_id_extraction_err_count'
  | 'citadel_server_csr_sign_err_count'
  | 'citadel_server_success_cert_issuance_count'
>

export function zeroCounters(): CaCounters {
  return {
    citadel_server_csr_count: 0,
    citadel_server_authentication_failure_count: 0,
    citadel_server_csr_parsing_err_count: 0,
    citadel_server_id_extraction_err_count: 0,
    citadel_server_csr_sign_err_count: 0,
    citadel_server_success_cert_issuance_count: 0,
  }
}

type Expiries = Omit<
  CaMetrics,
  | keyof CaCounters
  | keyof CredentialMetrics
  | keyof LogMetrics
  | keyof TrustMetrics
  | keyof AdmissionMetrics
  | keyof FederationMetrics
>

/** All 0 when nobody knows them yet. */
export function expiryMetrics(notAfter: SigningValidity | undefined, nowMs: number): Expiries {
  const { rootMs, chainMs } = notAfter ?? { rootMs: nowMs, chainMs: nowMs }
  const timestamp = (ms: number): number => (notAfter === undefined ? 0 : Math.floor(ms / 1000))
  const seconds = (ms: number): number => Math.floor((ms - nowMs) / 1000)
  return {
    citadel_server_root_cert_expiry_timestamp: timestamp(rootMs),
    citadel_server_root_cert_expiry_seconds: seconds(rootMs),
    citadel_server_cert_chain_expiry_timestamp: timestamp(chainMs),
    citadel_server_cert_chain_expiry_seconds: seconds(chainMs),
  }
}
