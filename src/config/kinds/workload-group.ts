/** networking.istio.io WorkloadGroup: what VMs that join by themselves have in common, and how their health is found out. */

import {
  field,
  int32,
  list,
  map,
  message,
  optional,
  portNumber,
  requiredList,
  requiredText,
  ruled,
  text,
  type Value,
} from '../schema/fields.ts'
import { defineKind } from './kind.ts'
import { checkWorkloadTemplate, workloadTemplate } from './workload-entry.ts'

const count = () =>
  ruled(int32(), {
    cel: 'self >= 0',
    holds: value => value >= 0,
    reason: 'is less than 0',
    remedy: 'use 0 for the default, or more',
  })

const header = message({
  name: field(
    'The name of the header.',
    optional(
      ruled(text(256), {
        cel: "self.matches('^[-A-Za-z0-9]+$')",
        holds: name => /^[-A-Za-z0-9]+$/.test(name),
        reason: 'is not the name of a header',
        remedy: 'use letters, digits and -',
      }),
    ),
  ),
  value: field('The value of the header.', optional(text(8192))),
})

const httpProbe = message({
  path: field('The path that is asked for.', optional(text(8192)), { default: '/' }),
  port: field('The port that is asked.', portNumber()),
  host: field('The host that is asked; a name for the request belongs in the header Host.', optional(text(253)), {
    default: 'the workload itself',
  }),
  scheme: field(
    'HTTP or HTTPS; the certificate is not verified.',
    optional(
      ruled(text(8), {
        cel: "self in ['', 'HTTP', 'HTTPS']",
        holds: scheme => ['', 'HTTP', 'HTTPS'].includes(scheme),
        reason: 'is not HTTP or HTTPS',
        remedy: 'use one of the two, in capitals',
      }),
    ),
    { default: 'HTTP' },
  ),
  httpHeaders: field('Headers that the request carries.', optional(list(header, 64))),
})

export const readinessProbe = message(
  {
    initialDelaySeconds: field('How long the probe waits after the workload has started.', optional(count()), {
      unit: 'seconds',
      default: '0',
    }),
    timeoutSeconds: field('How long an answer may take.', optional(count()), { unit: 'seconds', default: '1' }),
    periodSeconds: field('From one question to the next.', optional(count()), { unit: 'seconds', default: '10' }),
    successThreshold: field('So many answers in a row make a sick workload healthy.', optional(count()), {
      default: '1',
    }),
    failureThreshold: field('So many failures in a row make a healthy workload sick.', optional(count()), {
      default: '3',
    }),
    httpGet: field('Healthy is what answers a request with a status from 200 to 399.', optional(httpProbe)),
    tcpSocket: field(
      'Healthy is what takes a connection.',
      optional(
        message({
          host: field('The host that is asked.', optional(text(253)), { default: 'the workload itself' }),
          port: field('The port that is asked.', portNumber()),
        }),
      ),
    ),
    exec: field(
      'Healthy is where a command ends with 0.',
      optional(
        message({
          command: field('The program and its arguments; no shell reads them.', requiredList(requiredText(), 256)),
        }),
      ),
    ),
    grpc: field(
      "Healthy is what gRPC's health service calls SERVING.",
      optional(
        message({
          port: field('The port that is asked.', optional(portNumber())),
          service: field('The service that is asked after.', optional(text(253)), { default: 'the server as a whole' }),
        }),
      ),
      { since: '1.24' },
    ),
  },
  { exclusive: [['httpGet', 'tcpSocket', 'exec', 'grpc']] },
)

const spec = message({
  metadata: field(
    'What every WorkloadEntry gets that is made for a VM of the group.',
    optional(
      message({
        labels: field('Labels of the WorkloadEntry.', optional(map(text(63), 'label'))),
        annotations: field('Annotations of the WorkloadEntry.', optional(map(text()))),
      }),
    ),
  ),
  template: field('The WorkloadEntry that is made for a VM; the VM itself says its address.', workloadTemplate),
  probe: field('How an agent finds out whether its workload is healthy.', optional(readinessProbe), {
    default: 'the workload counts as healthy',
  }),
})

export type WorkloadGroupSpec = Value<typeof spec>

const methods = ['httpGet', 'tcpSocket', 'exec', 'grpc'] as const

export const workloadGroup = defineKind({
  name: 'WorkloadGroup',
  description: 'What VMs of one kind have in common that join the mesh by themselves.',
  plural: 'workloadgroups',
  shortNames: ['wg'],
  group: 'networking.istio.io',
  versions: ['v1', 'v1beta1', 'v1alpha3'],
  scope: 'namespaced',
  body: 'spec',
  spec,
  notInForce: 'no WorkloadEntry is made from it yet',
  check({ spec }, report) {
    checkWorkloadTemplate(spec.template, 'spec.template', report)
    const { probe } = spec
    if (probe !== undefined && methods.every(method => probe[method] === undefined))
      report.error('spec.probe', 'says no way to ask', `add one of ${methods.join(', ')}`)
  },
})
