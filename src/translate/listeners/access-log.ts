/** Access logs as `envoy.config.accesslog.v3.AccessLog`. The default format's fields and order are Istio's, which log parsers know. */

import { any, type Plain } from '../envoy-messages.ts'
import { structFrom } from '../well-known.ts'
import type { AccessLogIr } from './settings.ts'

/** The fields of a connection manager, TCP proxy or listener; none without a log. */
export function accessLogs(log: AccessLogIr | undefined): Plain {
  return log === undefined ? {} : { accessLog: [accessLog(log)] }
}

/** Of a listener: only connections that no filter chain takes, which nobody else could log. */
export function unmatchedLogs(log: AccessLogIr | undefined): Plain {
  return log === undefined
    ? {}
    : { accessLog: [{ ...accessLog(log), filter: { responseFlagFilter: { flags: ['NR'] } } }] }
}

function accessLog({ path, encoding, format }: AccessLogIr): Plain {
  const logFormat = encoding === 'JSON' ? { jsonFormat: structFrom(jsonFormat(format)) } : textFormat(format)
  const stream = streams.get(path)
  if (stream !== undefined) {
    return { name: stream.name, typedConfig: any(`${loggers}.stream.v3.${stream.type}`, { logFormat }) }
  }
  return {
    name: 'envoy.access_loggers.file',
    typedConfig: any(`${loggers}.file.v3.FileAccessLog`, { path, logFormat }),
  }
}

const loggers = 'envoy.extensions.access_loggers'

/** Not as files: a proxy whose output is a pipe of its parent's cannot open them, and would refuse every listener. */
const streams: ReadonlyMap<string, { readonly name: string; readonly type: string }> = new Map([
  ['/dev/stdout', { name: 'envoy.access_loggers.stdout', type: 'StdoutAccessLog' }],
  ['/dev/stderr', { name: 'envoy.access_loggers.stderr', type: 'StderrAccessLog' }],
])

const textFormat = (format: string): Plain => ({
  textFormatSource: { inlineString: `${format === '' ? defaultText : format.replace(/\n$/, '')}\n` },
})

/** The user's object of texts, else the default one. */
function jsonFormat(format: string): Readonly<Record<string, string>> {
  let given: unknown
  try {
    given = JSON.parse(format)
  } catch {
    given = undefined
  }
  const isTexts =
    typeof given === 'object' &&
    given !== null &&
    !Array.isArray(given) &&
    Object.values(given).every(value => typeof value === 'string')
  return isTexts ? (given as Record<string, string>) : Object.fromEntries(fields)
}

const fields: readonly (readonly [name: string, operator: string])[] = [
  ['start_time', '%START_TIME%'],
  ['method', '%REQ(:METHOD)%'],
  ['path', '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%'],
  ['protocol', '%PROTOCOL%'],
  ['response_code', '%RESPONSE_CODE%'],
  ['response_flags', '%RESPONSE_FLAGS%'],
  ['response_code_details', '%RESPONSE_CODE_DETAILS%'],
  ['connection_termination_details', '%CONNECTION_TERMINATION_DETAILS%'],
  ['upstream_transport_failure_reason', '%UPSTREAM_TRANSPORT_FAILURE_REASON%'],
  ['bytes_received', '%BYTES_RECEIVED%'],
  ['bytes_sent', '%BYTES_SENT%'],
  ['duration', '%DURATION%'],
  ['upstream_service_time', '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%'],
  ['x_forwarded_for', '%REQ(X-FORWARDED-FOR)%'],
  ['user_agent', '%REQ(USER-AGENT)%'],
  ['request_id', '%REQ(X-REQUEST-ID)%'],
  ['authority', '%REQ(:AUTHORITY)%'],
  ['upstream_host', '%UPSTREAM_HOST%'],
  ['upstream_cluster', '%UPSTREAM_CLUSTER%'],
  ['upstream_local_address', '%UPSTREAM_LOCAL_ADDRESS%'],
  ['downstream_local_address', '%DOWNSTREAM_LOCAL_ADDRESS%'],
  ['downstream_remote_address', '%DOWNSTREAM_REMOTE_ADDRESS%'],
  ['requested_server_name', '%REQUESTED_SERVER_NAME%'],
  ['route_name', '%ROUTE_NAME%'],
]

const operators = new Map(fields)
const plainly = (...names: readonly string[]): string => names.map(name => operators.get(name)).join(' ')
const quoted = (...names: readonly string[]): string => names.map(name => `"${operators.get(name)}"`).join(' ')

const defaultText = [
  `[${plainly('start_time')}] "${plainly('method', 'path', 'protocol')}"`,
  plainly('response_code', 'response_flags', 'response_code_details', 'connection_termination_details'),
  quoted('upstream_transport_failure_reason'),
  plainly('bytes_received', 'bytes_sent', 'duration', 'upstream_service_time'),
  quoted('x_forwarded_for', 'user_agent', 'request_id', 'authority', 'upstream_host'),
  plainly('upstream_cluster', 'upstream_local_address', 'downstream_local_address', 'downstream_remote_address'),
  plainly('requested_server_name', 'route_name'),
].join(' ')
