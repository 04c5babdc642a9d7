/** Where something runs, read from the texts in which users write it. */

import type { Labels } from '../config/meaning/selector.ts'
import type { Endpoint, Locality } from './endpoint.ts'

/** `region/zone/subzone`; missing parts are empty. Undefined when the text is empty. */
export function parseLocality(text: string | undefined): Locality | undefined {
  if (text === undefined || text === '') return undefined
  const [region = '', zone = '', ...rest] = text.split('/')
  return Object.freeze({ region, zone, subZone: rest.join('/') })
}

/** The label `istio-locality`. Labels cannot hold slashes, so that dots may stand for them. */
export function localityOfLabels(labels: Labels): Locality | undefined {
  const text = labels['istio-locality']
  return parseLocality(text === undefined || text.includes('/') ? text : text.replaceAll('.', '/'))
}

/** From the labels of a Kubernetes Node. */
export function localityOfNode(labels: Labels): Locality | undefined {
  const region = labels['topology.kubernetes.io/region'] ?? labels['failure-domain.beta.kubernetes.io/region'] ?? ''
  const zone = labels['topology.kubernetes.io/zone'] ?? labels['failure-domain.beta.kubernetes.io/zone'] ?? ''
  const subZone = labels['topology.istio.io/subzone'] ?? ''
  return region === '' && zone === '' && subZone === '' ? undefined : Object.freeze({ region, zone, subZone })
}

/** The optional property of an endpoint, absent where nothing is known. */
export function withLocality(locality: Locality | undefined): Pick<Endpoint, 'locality'> {
  return locality === undefined ? {} : { locality }
}
