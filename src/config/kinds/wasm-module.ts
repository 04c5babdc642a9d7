/** extensions.istio.io: a WebAssembly module, where it comes from and how it runs; of WasmPlugin and TrafficExtension. */

import {
  enumeration,
  field,
  int32,
  list,
  message,
  optional,
  portNumber,
  requiredText,
  ruled,
  struct,
  text,
  type Value,
  wrapped,
} from '../schema/fields.ts'
import type { Report } from './kind.ts'

const environmentVariable = ruled(
  message({
    name: field('The name of the variable.', requiredText(256)),
    valueFrom: field(
      "`INLINE`: from `value`; `HOST`: from the proxy's own environment.",
      optional(enumeration({ INLINE: 0, HOST: 1 })),
      { default: 'INLINE' },
    ),
    value: field('The value of the variable.', optional(text(2048)), { default: 'empty' }),
  }),
  {
    cel: "!has(self.valueFrom) || self.valueFrom != 'HOST' || !has(self.value)",
    holds: ({ valueFrom, value }) => valueFrom !== 'HOST' || value === undefined,
    at: 'value',
    reason: 'cannot stand beside valueFrom HOST, which takes the value from the proxy',
    remedy: 'remove one of the two',
  },
)

/** Whoever writes the scheme, in whichever case. */
const moduleUrl = ruled(requiredText(4096), {
  cel: "!self.matches('^[A-Za-z][-+.A-Za-z0-9]*:') || self.matches('^([hH][tT][tT][pP][sS]?|[fF][iI][lL][eE]|[oO][cC][iI]):')",
  holds: url => !/^[A-Za-z][-+.A-Za-z0-9]*:/.test(url) || /^(?:https?|file|oci):/i.test(url),
  reason: 'is not of http, https, file or oci',
  remedy: 'write the scheme; a registry with a port needs oci:// before it',
})

const hash = ruled(text(64), {
  cel: "self.matches('^([a-f0-9]{64})?$')",
  holds: digest => /^(?:[a-f0-9]{64})?$/.test(digest),
  reason: 'is not a SHA-256',
  remedy: 'write 64 hexadecimal digits in lower case',
})

export const wasmModule = {
  url: field(
    'Where the module is: `oci://`, `https://`, `http://`, or `file://` for a file of the proxy. Without a scheme it is an OCI image.',
    moduleUrl,
  ),
  sha256: field('The hash that the module, or the image, must have.', optional(hash), {
    default: 'not verified, unless the image is named by its digest',
  }),
  imagePullPolicy: field(
    'Whether a module that is there already is fetched again.',
    optional(enumeration({ UNSPECIFIED_POLICY: 0, IfNotPresent: 1, Always: 2 })),
    { default: 'IfNotPresent; Always for the tag `latest`' },
  ),
  imagePullSecret: field(
    'The Secret of the same namespace with which the registry is asked.',
    optional(requiredText(253)),
  ),
  verificationKey: field('A key that signed the module.', optional(text(65_536)), {
    notInForce: 'Istio never implemented it, and neither does meshwright',
  }),
  pluginConfig: field('What the plugin itself is given, as JSON.', optional(struct())),
  pluginName: field(
    'The name by which the module finds the plugin in itself (its root id).',
    optional(requiredText(256)),
  ),
  failStrategy: field(
    'When the module fails: `FAIL_CLOSE` answers 5xx, `FAIL_OPEN` goes on without it, `FAIL_RELOAD` starts it anew.',
    optional(enumeration({ FAIL_CLOSE: 0, FAIL_OPEN: 1, FAIL_RELOAD: 2 })),
    { default: 'FAIL_CLOSE' },
  ),
  vmConfig: field(
    'The machine that the module runs in.',
    optional(
      message({
        env: field('Variables of its environment.', optional(list(environmentVariable, 256)), { since: '1.14' }),
      }),
    ),
  ),
  type: field(
    'Whether it is a filter of requests or of connections.',
    optional(enumeration({ UNSPECIFIED_PLUGIN_TYPE: 0, HTTP: 1, NETWORK: 2 })),
    { default: 'HTTP', since: '1.15' },
  ),
}

const moduleMessage = message(wasmModule)

export type WasmModule = Value<typeof moduleMessage>

const trafficSelector = message({
  mode: field(
    'Whether calls of the workload or calls to it are meant.',
    optional(enumeration({ UNDEFINED: 0, CLIENT: 1, SERVER: 2, CLIENT_AND_SERVER: 3 })),
    { default: 'CLIENT_AND_SERVER' },
  ),
  ports: field(
    'Ports of the service called, or of the workload that is called.',
    optional(list(message({ number: field('The number of a port.', portNumber()) }), 1000)),
    { default: 'every port' },
  ),
})

export const extensionPlace = {
  priority: field('Among those of one phase: the greater comes first.', optional(wrapped(int32())), { default: '0' }),
  match: field('The traffic that it sees: what one of these describes.', optional(list(trafficSelector, 256)), {
    default: 'all traffic',
  }),
}

export function checkWasmModule({ url, vmConfig }: WasmModule, field: string, report: Report): void {
  const parsable = /^(?:https?|file|oci):|^\//i.test(url) ? url : `http://${url}`
  if (/[\s\p{Cc}]/u.test(url) || !(URL.canParse(parsable) || url.startsWith('/')))
    report.error(`${field}.url`, `'${url}' is not a URL`, 'write it like oci://registry.example/module:1.0')
  const names = new Set<string>()
  for (const [index, { name }] of (vmConfig?.env ?? []).entries()) {
    if (names.has(name))
      report.error(
        `${field}.vmConfig.env[${index}].name`,
        `there is a variable ${name} already`,
        'remove one of the two',
      )
    names.add(name)
  }
}

export function checkTrafficMatch(match: readonly Value<typeof trafficSelector>[], report: Report): void {
  for (const [index, { ports = [] }] of match.entries()) {
    const numbers = ports.map(({ number }) => number)
    for (const [at, number] of numbers.entries()) {
      if (numbers.indexOf(number) < at)
        report.error(`spec.match[${index}].ports[${at}].number`, `port ${number} is there already`, 'remove it')
    }
  }
}
