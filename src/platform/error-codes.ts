/** Every error code, with what it means and what it becomes on the wire. `docs/errors.md` lists the same codes; a test compares. */

export type GrpcCode =
  | 'CANCELLED'
  | 'UNKNOWN'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED'

export interface ErrorCodeEntry {
  readonly text: string
  readonly grpc: GrpcCode
  readonly http: number
}

const entry = (text: string, grpc: GrpcCode, http: number): ErrorCodeEntry => ({ text, grpc, http })

export const errorCodes = {
  // platform
  INTERNAL: entry('A fault in meshwright itself', 'INTERNAL', 500),
  SPIFFE_ID_INVALID: entry('Not a SPIFFE identity of a workload', 'INVALID_ARGUMENT', 400),
  JOIN_TOKEN_MALFORMED: entry('Not the text of a join token', 'INVALID_ARGUMENT', 400),
  FETCH_REFUSED: entry('A URL that must not be fetched from here', 'FAILED_PRECONDITION', 400),
  FETCH_FAILED: entry('A URL could not be fetched now', 'UNAVAILABLE', 503),
  // options
  OPTION_INVALID: entry(
    'A flag, environment variable or options file has a value that cannot be used',
    'INVALID_ARGUMENT',
    400,
  ),
  NODE_TOO_OLD: entry(
    'The Node that runs meshwright is too old and no packaged one was found',
    'FAILED_PRECONDITION',
    500,
  ),
  CONTEXTS_UNREADABLE: entry("The file of the user's contexts cannot be read", 'FAILED_PRECONDITION', 500),
  CONTEXT_UNKNOWN: entry('No context of this name was added', 'NOT_FOUND', 404),
  // config
  CONFIG_DIRECTORY_UNREADABLE: entry('A configuration folder is there and cannot be read', 'FAILED_PRECONDITION', 500),
  CONFIG_INVALID: entry('Configuration that was asked for by name is not valid', 'INVALID_ARGUMENT', 400),
  MESH_CONFIG_INVALID: entry('The file of mesh settings is missing, unreadable or not valid', 'INVALID_ARGUMENT', 400),
  MESH_NETWORKS_INVALID: entry(
    'The file of mesh networks is missing, unreadable or not valid',
    'INVALID_ARGUMENT',
    400,
  ),
  // discovery and translate
  REVISION_CONFLICT: entry('Somebody else has changed the object in the meantime', 'ABORTED', 409),
  REVISION_COMPACTED: entry('That revision is not kept any more', 'FAILED_PRECONDITION', 410),
  REVISION_UNKNOWN: entry('There is no such revision', 'INVALID_ARGUMENT', 400),
  OBJECT_KIND_UNKNOWN: entry('No kind of object has that name', 'INVALID_ARGUMENT', 400),
  OBJECT_NOT_FOUND: entry('There is no such object', 'NOT_FOUND', 404),
  WAIT_NOT_MET: entry('What was waited for did not come', 'DEADLINE_EXCEEDED', 504),
  OBJECT_READ_ONLY: entry('The object comes from a file and can be changed only there', 'FAILED_PRECONDITION', 409),
  HOST_NOT_OWNED: entry('A namespace binds a host of another namespace', 'PERMISSION_DENIED', 403),
  QUOTA_EXCEEDED: entry('A namespace would hold more than it may', 'RESOURCE_EXHAUSTED', 403),
  NODE_INVALID: entry('What a proxy says about itself cannot be used', 'INVALID_ARGUMENT', 400),
  NODE_NOT_AUTHORIZED: entry(
    'The identity of a stream is not that of the proxy it says it is',
    'PERMISSION_DENIED',
    403,
  ),
  // xds
  XDS_NODE_MISSING: entry(
    'The first request of a stream does not say which node it comes from',
    'INVALID_ARGUMENT',
    400,
  ),
  XDS_REQUEST_INVALID: entry('A discovery request does not decode or is over a limit', 'INVALID_ARGUMENT', 400),
  XDS_CLIENT_TOO_SLOW: entry('A client fell so far behind that its stream was ended', 'UNAVAILABLE', 503),
  NOT_SYNCED: entry('The daemon has not read its configuration yet', 'UNAVAILABLE', 503),
  XDS_UNAUTHENTICATED: entry('An xDS stream on the TLS port came without a client certificate', 'UNAUTHENTICATED', 401),
  // grpc
  GRPC_LISTEN: entry('The server cannot listen on its address', 'UNAVAILABLE', 503),
  GRPC_TLS_MATERIAL: entry(
    'The server certificate, its key or the trusted roots are not usable',
    'FAILED_PRECONDITION',
    400,
  ),
  // ca
  CA_SETTINGS_INVALID: entry('The settings of the certificate authority cannot be used', 'INVALID_ARGUMENT', 400),
  CA_UNAUTHENTICATED: entry('The caller of the certificate service proved no identity', 'UNAUTHENTICATED', 401),
  CA_CALLER_UNVERIFIABLE: entry('The credential of the caller cannot be verified now', 'UNAVAILABLE', 503),
  CA_IMPERSONATION_REFUSED: entry('The caller may not ask for another identity', 'UNAUTHENTICATED', 401),
  CA_REQUEST_INVALID: entry('The certificate request message does not decode', 'INVALID_ARGUMENT', 400),
  CA_CSR_INVALID: entry('The certificate signing request is malformed or not allowed', 'INVALID_ARGUMENT', 400),
  CA_TTL_TOO_LONG: entry('The requested validity is longer than the maximum', 'INVALID_ARGUMENT', 400),
  CA_NOT_READY: entry('The certificate authority cannot sign now', 'INTERNAL', 500),
  CA_CERTIFICATE_GENERATION: entry('A certificate could not be made', 'INTERNAL', 500),
  AGENT_REPORT_INVALID: entry('What an agent reports does not decode', 'INVALID_ARGUMENT', 400),
  CA_ROTATION_REFUSED: entry('The rotation cannot do what was asked for now', 'FAILED_PRECONDITION', 409),
  CA_CHAIN_INVALID: entry(
    'Certificates, key and roots that were given do not fit together',
    'FAILED_PRECONDITION',
    400,
  ),
  CA_ISSUER_UNAVAILABLE: entry('The issuer of certificates does not answer now', 'UNAVAILABLE', 503),
  CA_ISSUER_REFUSED: entry('The issuer of certificates refused, or answered with what cannot be used', 'INTERNAL', 502),
  CA_REQUEST_REFUSED: entry('There is no signing request to make or to answer', 'FAILED_PRECONDITION', 409),
  CA_BUSY: entry('Too many certificate requests at once', 'RESOURCE_EXHAUSTED', 429),
  CA_KEY_UNREADABLE: entry('The stored private key of the authority cannot be opened', 'FAILED_PRECONDITION', 500),
  CA_DATABASE_LOST: entry('The database of an authority that was here before is gone', 'FAILED_PRECONDITION', 500),
  CA_CLOSED_AFTER_RESTORE: entry('Nothing is issued until the restore is confirmed', 'UNAVAILABLE', 503),
  LOG_DAMAGED: entry('The transparency log is not as it was written', 'INTERNAL', 500),
  LOG_ENTRY_UNKNOWN: entry('The log has no such entry or is not that long', 'NOT_FOUND', 404),
  LOG_PRUNE_REFUSED: entry('The log must not forget this', 'FAILED_PRECONDITION', 409),
  LOG_PROOF_INVALID: entry('A proof or a checkpoint of the log does not hold', 'FAILED_PRECONDITION', 409),
  BACKUP_FAILED: entry('The backup could not be made', 'FAILED_PRECONDITION', 500),
  BACKUP_INVALID: entry('The backup file is damaged, incomplete or no backup of meshwright', 'INVALID_ARGUMENT', 400),
  RESTORE_REFUSED: entry('The backup may not be restored there', 'FAILED_PRECONDITION', 409),
  CA_REVOKED: entry('The identity, the key or the certificate is revoked', 'PERMISSION_DENIED', 403),
  TRUST_BUNDLE_INVALID: entry('The roots of another trust domain cannot be used', 'INVALID_ARGUMENT', 400),
  CRL_INVALID: entry('A certificate revocation list does not parse, verify or apply now', 'FAILED_PRECONDITION', 400),
  REVOCATION_REFUSED: entry('That cannot be revoked', 'FAILED_PRECONDITION', 409),
  REVOCATION_UNKNOWN: entry('Nothing that is known matches', 'NOT_FOUND', 404),
  CA_CANCELLED: entry('The caller went away before its certificate was made', 'CANCELLED', 499),
  JOIN_TOKEN_REFUSED: entry('The join token is expired, used, unknown or not genuine', 'UNAUTHENTICATED', 401),
  JOIN_TOKEN_UNKNOWN: entry('No join token of this id is in force', 'NOT_FOUND', 404),
  JOIN_TOKEN_OPTIONS_INVALID: entry('A join token cannot be made with these options', 'INVALID_ARGUMENT', 400),
  // database
  DATABASE_DIRECTORY_UNUSABLE: entry('The data directory cannot be made, read or written', 'FAILED_PRECONDITION', 500),
  DATABASE_IN_USE: entry('Another daemon uses this data directory', 'FAILED_PRECONDITION', 409),
  DATABASE_CORRUPT: entry('The database file is damaged or is no database of meshwright', 'FAILED_PRECONDITION', 500),
  DATABASE_NEWER: entry('The database was written by a newer meshwright', 'FAILED_PRECONDITION', 500),
  DATABASE_MIGRATION_FAILED: entry(
    'The database could not be brought to the current schema',
    'FAILED_PRECONDITION',
    500,
  ),
  DATABASE_WRITE_FAILED: entry('A write did not reach the disk', 'UNAVAILABLE', 503),
  DATABASE_CLOSED: entry('The database is closed', 'UNAVAILABLE', 503),
  // agent and Envoy
  ENVOY_PYTHON_MISSING: entry('Python with pip, which fetches Envoy, is not there', 'FAILED_PRECONDITION', 500),
  ENVOY_DOWNLOAD_FAILED: entry('Envoy could not be downloaded', 'UNAVAILABLE', 503),
  ENVOY_HASH_MISMATCH: entry('The downloaded Envoy is not the pinned one', 'FAILED_PRECONDITION', 500),
  ENVOY_UNSUPPORTED_PLATFORM: entry('No Envoy is published for this platform', 'UNIMPLEMENTED', 501),
  ENVOY_UNSUPPORTED_VERSION: entry('This version of Envoy is not supported', 'FAILED_PRECONDITION', 500),
  ENVOY_NOT_RUNNABLE: entry('The Envoy binary cannot be run', 'FAILED_PRECONDITION', 500),
  AGENT_OPTION_INVALID: entry('An option of the agent cannot be used', 'INVALID_ARGUMENT', 400),
  AGENT_STATE_UNUSABLE: entry("The agent's state directory cannot be used", 'FAILED_PRECONDITION', 500),
  AGENT_NO_CREDENTIAL: entry('The agent has neither a valid certificate nor a join token', 'UNAUTHENTICATED', 401),
  AGENT_SERVER_UNTRUSTED: entry(
    'The control plane did not prove the root that the join token pins',
    'UNAUTHENTICATED',
    401,
  ),
  AGENT_CERTIFICATE_REFUSED: entry('The certificate authority refused the request', 'PERMISSION_DENIED', 403),
  AGENT_CERTIFICATE_INVALID: entry('The certificate that was issued is not the one asked for', 'INTERNAL', 500),
  AGENT_CERTIFICATE_NOT_YET_VALID: entry(
    "A certificate begins later than this machine's clock says",
    'UNAVAILABLE',
    503,
  ),
  AGENT_CERTIFICATE_MOUNTED: entry(
    'The certificate comes from files, which somebody else has to renew',
    'FAILED_PRECONDITION',
    409,
  ),
  AGENT_ADDRESS_UNAVAILABLE: entry('The agent cannot listen on an address', 'UNAVAILABLE', 503),
  // management
  PATH_UNKNOWN: entry('Nothing is at that path', 'NOT_FOUND', 404),
  METHOD_NOT_ALLOWED: entry('The path does not take that method', 'UNIMPLEMENTED', 405),
  REQUEST_INVALID: entry('A management request has a body that cannot be used', 'INVALID_ARGUMENT', 400),
  ORIGIN_REFUSED: entry('A web page tried to call the daemon', 'PERMISSION_DENIED', 403),
  HOST_REFUSED: entry('A request was for a name that the daemon does not have', 'PERMISSION_DENIED', 421),
  REQUEST_TOO_LARGE: entry('A management request has a body that is too large', 'INVALID_ARGUMENT', 413),
  TOO_MANY_STREAMS: entry('Too many watches are open', 'RESOURCE_EXHAUSTED', 429),
  ADMIN_CREDENTIAL_REFUSED: entry(
    'The credential of a management request is missing or not in force',
    'UNAUTHENTICATED',
    401,
  ),
  ACCESS_DENIED: entry('The role of the credential does not allow that', 'PERMISSION_DENIED', 403),
  NOT_ACCEPTABLE: entry('The request accepts no form that the answer could have', 'INVALID_ARGUMENT', 406),
  MEDIA_TYPE_UNSUPPORTED: entry('The body has a form that is not taken', 'INVALID_ARGUMENT', 415),
  OBJECT_UNKNOWN: entry('There is no such object', 'NOT_FOUND', 404),
  OBJECT_EXISTS: entry('There is an object of that name already', 'ALREADY_EXISTS', 409),
  PATCH_FAILED: entry('A patch does not fit what is there', 'FAILED_PRECONDITION', 422),
  FIELD_CONFLICT: entry('Another manager owns a field that is applied', 'ABORTED', 409),
  GRANT_INVALID: entry('A credential cannot be made like that', 'INVALID_ARGUMENT', 400),
  GRANT_UNKNOWN: entry('There is no such credential', 'NOT_FOUND', 404),
  GRANTS_UNREADABLE: entry('The credentials in the data directory cannot be read', 'FAILED_PRECONDITION', 500),
  ADMIN_CREDENTIAL_UNREADABLE: entry('The admin credential file is missing or damaged', 'FAILED_PRECONDITION', 500),
  ADDRESS_IN_USE: entry('An address to listen on is taken', 'FAILED_PRECONDITION', 500),
  ADDRESS_UNUSABLE: entry('An address cannot be listened on', 'FAILED_PRECONDITION', 500),
  DAEMON_UNREACHABLE: entry('The daemon does not answer on its management address', 'UNAVAILABLE', 503),
  PROXY_NOT_FOUND: entry('No connected proxy has that name', 'NOT_FOUND', 404),
  PROXY_AMBIGUOUS: entry('More than one connected proxy has that name', 'FAILED_PRECONDITION', 409),
  RESOURCE_TYPE_UNKNOWN: entry('There is no resource type of that name', 'INVALID_ARGUMENT', 400),
} as const satisfies Record<string, ErrorCodeEntry>

export type ErrorCode = keyof typeof errorCodes

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text)
}
