/** Of the MeshConfig, which Ingresses are taken, and by which gateway. */

import type { TSchema } from 'typebox'
import { enumeration, field, optional, text } from '../schema/fields.ts'

const ingress = <Schema extends TSchema>(description: string, schema: Schema, byDefault: string) =>
  field(description, optional(schema), { default: byDefault, notInForce: 'no proxy is made a gateway yet' })

export const ingressSettings = {
  ingressClass: ingress('The class of the Ingresses that are taken.', text(253), 'istio'),
  ingressService: ingress('The service of the ingress gateway.', text(253), 'istio-ingressgateway'),
  ingressControllerMode: ingress(
    '`OFF`: no Ingress is taken. `DEFAULT`: those of the class, and those without one. `STRICT`: those of the class.',
    enumeration({ UNSPECIFIED: 0, OFF: 1, DEFAULT: 2, STRICT: 3 }),
    '`STRICT`',
  ),
  ingressSelector: ingress(
    'The value of the label `istio` of the pods of the ingress gateway.',
    text(63),
    'ingressgateway',
  ),
}
